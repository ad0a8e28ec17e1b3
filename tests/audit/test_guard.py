"""In tests and development a status that changes without a deed is a loud failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.db import connection, transaction

from audit import guard
from core.errors import UnauditedWrite
from core.ledger import bulk, record
from production.choices import ProductStatus
from production.models import ProductModel


@pytest.fixture(autouse=True)
def watched(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a model whose status is a workflow: only deeds may change it."""
    monkeypatch.setattr(ProductModel, "audit_deeds", ("status",))


def product() -> ProductModel:
    return ProductModel.objects.create(model_code="P", model_name="P")


def change(row: ProductModel) -> None:
    row.status = ProductStatus.DISCONTINUED if row.status == ProductStatus.ACTIVE else ProductStatus.ACTIVE
    row.save()


def change_in_bulk(row: ProductModel) -> None:
    with bulk(reason="clearing up"):
        ProductModel.objects.filter(pk=row.pk).update(status=ProductStatus.DISCONTINUED)


def tell(row: ProductModel) -> None:
    record("production.product.discontinued", row)


@contextmanager
def undone() -> Iterator[None]:
    """A savepoint that is rolled back."""
    with suppress(ZeroDivisionError), transaction.atomic():
        yield
        raise ZeroDivisionError


class TestWithRealCommits:
    pytestmark = pytest.mark.django_db(transaction=True)

    @pytest.mark.parametrize("way", [change, change_in_bulk])
    def test_an_untold_change_fails(self, way: Callable[[Any], None]) -> None:
        row = product()
        with (
            pytest.raises(UnauditedWrite, match=f"status of ProductModel {row.pk} changed"),
            transaction.atomic(),
        ):
            way(row)

    def test_even_without_a_transaction_around_it(self) -> None:
        row = product()
        with pytest.raises(UnauditedWrite):
            change(row)

    def test_a_told_change_passes_whichever_comes_first(self) -> None:
        row = product()
        with transaction.atomic():
            change(row)
            tell(row)
        with transaction.atomic():
            tell(row)
            change(row)

    def test_a_deed_of_another_object_or_of_an_earlier_transaction_does_not_count(self) -> None:
        row, other = product(), ProductModel.objects.create(model_code="Q", model_name="Q")
        tell(row)
        with pytest.raises(UnauditedWrite), transaction.atomic():
            change(row)
            tell(other)

    def test_what_is_rolled_back_is_forgotten(self) -> None:
        row = product()
        with transaction.atomic(), undone():
            change(row)

    def test_a_deed_that_is_rolled_back_does_not_count(self) -> None:
        row = product()
        with pytest.raises(UnauditedWrite), transaction.atomic():
            with undone():
                tell(row)
            change(row)

    def test_other_columns_and_new_rows_need_no_deed(self) -> None:
        row = product()
        row.model_name = "other"
        row.save()

    def test_production_does_not_ask(self, settings: Any) -> None:
        settings.AUDIT_GUARD = False
        change(product())


@pytest.mark.django_db
class TestInsideATestsOwnTransaction:
    def test_the_check_at_its_end_sees_it(self) -> None:
        row = product()
        change(row)
        with pytest.raises(UnauditedWrite):
            guard.check()
        tell(row)
        guard.check()

    def test_running_the_hooks_sees_it(self, django_capture_on_commit_callbacks: Any) -> None:
        row = product()
        with pytest.raises(UnauditedWrite), django_capture_on_commit_callbacks(execute=True):
            change(row)
        connection.run_on_commit.clear()
