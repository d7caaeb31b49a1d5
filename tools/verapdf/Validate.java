import java.io.FileInputStream;
import java.util.TreeMap;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Says of each file named whether it is PDF/A-2b: "ok FILE", or "bad FILE" with the rules it breaks, on one line. */
class Validate {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        PDFAFlavour flavour = PDFAFlavour.PDFA_2_B;
        for (String file : files) {
            try (FileInputStream content = new FileInputStream(file);
                    PDFAParser parser = Foundries.defaultInstance().createParser(content, flavour);
                    PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
                ValidationResult result = validator.validate(parser);
                if (result.isCompliant()) {
                    System.out.println("ok " + file);
                }
                TreeMap<String, String> broken = new TreeMap<>();
                for (TestAssertion found : result.getTestAssertions()) {
                    if (found.getStatus() == TestAssertion.Status.FAILED) {
                        String rule = found.getRuleId().getClause() + "-" + found.getRuleId().getTestNumber();
                        broken.putIfAbsent(rule, found.getMessage() + " at " + found.getLocation().getContext());
                    }
                }
                if (!result.isCompliant()) {
                    System.out.println("bad " + file + " " + broken.toString().replace('\n', ' '));
                }
            }
        }
    }
}
