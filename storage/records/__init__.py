"""Records in SQLite or PostgreSQL: files, sheets, readings, the register, staff and the audit log."""

from storage.records.audits import AuditRow
from storage.records.blind import BlindCount, BlindRow
from storage.records.exports import RunRow
from storage.records.files import BatchRow, FileRow
from storage.records.glyphs import GlyphCheck, GlyphSheet
from storage.records.proven import ThresholdRow
from storage.records.questions import QuestionRow
from storage.records.readings import NewReading, ReadingRow
from storage.records.settings import RecordsSettings
from storage.records.sheets import SheetFace, SheetRow
from storage.records.staff import StaffRow
from storage.records.unit import Records, Transaction

__all__ = [
    "AuditRow",
    "BatchRow",
    "BlindCount",
    "BlindRow",
    "FileRow",
    "GlyphCheck",
    "GlyphSheet",
    "NewReading",
    "QuestionRow",
    "ReadingRow",
    "Records",
    "RecordsSettings",
    "RunRow",
    "SheetFace",
    "SheetRow",
    "StaffRow",
    "ThresholdRow",
    "Transaction",
]
