"""Sixty-six professions in fourteen fields, written for this project."""

from stages.data.sample.professions.digital import DESIGN, IT
from stages.data.sample.professions.model import Field, Profession
from stages.data.sample.professions.office import FINANCE, LAW, OFFICE
from stages.data.sample.professions.people import EDUCATION, MEDICINE
from stages.data.sample.professions.production import BUILDING, FACTORY
from stages.data.sample.professions.service import HOSPITALITY, TRANSPORT
from stages.data.sample.professions.trading import MARKETING, RETAIL, SALES

FIELDS: tuple[Field, ...] = (
    IT,
    DESIGN,
    FINANCE,
    OFFICE,
    LAW,
    SALES,
    RETAIL,
    MARKETING,
    MEDICINE,
    EDUCATION,
    HOSPITALITY,
    TRANSPORT,
    BUILDING,
    FACTORY,
)

__all__ = ["FIELDS", "Field", "Profession"]
