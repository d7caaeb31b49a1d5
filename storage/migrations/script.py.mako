"""${message}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from eakte.columns import UtcDateTime
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Change the schema and carry the rows over."""
    ${upgrades if upgrades else "pass"}
