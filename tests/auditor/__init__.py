"""An auditor of reports: it knows the files of a run and the words of a language, and nothing of what made them."""

from auditor.folder import Folder
from auditor.questions import QUESTIONS, unanswered
from auditor.report import audit

__all__ = ["QUESTIONS", "Folder", "audit", "unanswered"]
