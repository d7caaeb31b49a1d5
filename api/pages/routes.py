"""All pages in one router, and what the application needs to show them."""

from __future__ import annotations

from fastapi import APIRouter

from api.pages import (
    batch_pages,
    break_glass_pages,
    case_file_pages,
    content_pages,
    cover_sheet_pages,
    data_protection_pages,
    deputy_pages,
    filing_plan_pages,
    inbox_pages,
    letter_pages,
    mail_room_pages,
    opening_pages,
    paper_pages,
    quality_pages,
    quarantine_pages,
    queue_pages,
    rearranging_pages,
    receipt_pages,
    rights_pages,
    search_pages,
    sign_in_pages,
    start_page,
    station_pages,
    unscanned_pages,
    upload_pages,
)
from api.pages.error_pages import page_for
from api.pages.static_files import mount_static

__all__ = ["mount_static", "page_for", "pages_router"]

pages_router = APIRouter(include_in_schema=False)
for group in (
    sign_in_pages,
    start_page,
    search_pages,
    rights_pages,  # before the filing plan, whose codes may contain anything
    filing_plan_pages,
    opening_pages,  # before the case files, whose addresses begin alike
    case_file_pages,
    content_pages,
    upload_pages,
    letter_pages,
    cover_sheet_pages,
    inbox_pages,
    rearranging_pages,
    mail_room_pages,
    station_pages,  # before the stacks, whose addresses begin alike
    unscanned_pages,
    receipt_pages,
    paper_pages,
    batch_pages,
    quality_pages,
    quarantine_pages,
    queue_pages,
    deputy_pages,
    break_glass_pages,
    data_protection_pages,
):
    pages_router.routes.extend(group.router.routes)
