"""The catalogue of faults: what it brings to a report, and how it is read from a file."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audit.models import AuditLog
from equipment.models import FaultCode
from tests.support.api import API, client_for
from tests.support.factories import FaultCodeFactory, MachineFactory
from tests.support.upkeep import fault_of

pytestmark = pytest.mark.django_db


class TestReport:
    def test_the_catalogue_fills_in_severity_and_description(self):
        FaultCodeFactory(code="BELT-7", name="Belt torn", severity="HIGH")
        fault = fault_of(MachineFactory(), fault_code="belt-7", severity=None, description="")
        assert (fault.fault_code, fault.severity, fault.description) == ("BELT-7", "HIGH", "Belt torn")

    def test_what_the_reporter_says_goes_before(self):
        FaultCodeFactory(code="BELT-7", severity="HIGH", description="Belt")
        fault = fault_of(MachineFactory(), fault_code="BELT-7", severity="LOW", description="Frayed")
        assert (fault.severity, fault.description) == ("LOW", "Frayed")

    @pytest.mark.parametrize(
        ("machine_type", "severity"), [("filler", "CRITICAL"), ("Packer", "LOW"), ("", "LOW")]
    )
    def test_the_entry_of_the_machines_type_goes_before_the_general_one(self, machine_type, severity):
        FaultCodeFactory(code="JAM", severity="LOW")
        FaultCodeFactory(code="JAM", machine_type="Filler", severity="CRITICAL")
        FaultCodeFactory(code="JAM", machine_type="Labeller", severity="HIGH")
        machine = MachineFactory(machine_type=machine_type)
        assert fault_of(machine, fault_code="JAM", severity=None).severity == severity

    def test_an_entry_out_of_use_says_nothing(self):
        FaultCodeFactory(code="MOTOR_OVERLOAD", severity="LOW", is_active=False)
        assert fault_of(MachineFactory(), fault_code="MOTOR_OVERLOAD", severity=None).severity == "HIGH"

    def test_over_http(self):
        FaultCodeFactory(code="BELT-7", severity="CRITICAL")
        MachineFactory(equipment_code="Press")
        url = f"{API}equipment/press/faults"
        assert client_for("operator").post(url, {"fault_code": "BELT-7"}).json()["severity"] == "CRITICAL"
        unknown = client_for("operator").post(url, {"fault_code": "BELT-8"})
        assert (unknown.status_code, list(unknown.json()["errors"])) == (400, ["severity"])


class TestImport:
    URL = f"{API}fault-codes/import"

    def send(self, content, dry_run=False, role="maintenance", **more):
        upload = SimpleUploadedFile("codes.csv", content if isinstance(content, bytes) else content.encode())
        body = {"file": upload, "dry_run": "true" if dry_run else "false", **more}
        return client_for(role).post(self.URL, body, format="multipart")

    def test_new_changed_and_unchanged(self):
        FaultCodeFactory(code="OLD", name="Old", severity="LOW")
        FaultCodeFactory(code="SAME", name="Same", severity="HIGH")
        answer = self.send(
            "\ufeffCode;Name;Severity;Machine_Type\nNEW;Brand new;high;\nold;Older;LOW;\nSAME;Same;HIGH;\n;;;\n"
        )
        assert answer.json() == {"dry_run": False, "created": 1, "updated": 1, "unchanged": 1, "errors": []}
        assert dict(FaultCode.objects.values_list("code", "name")) == {
            "NEW": "Brand new",
            "old": "Older",
            "SAME": "Same",
        }
        assert FaultCode.objects.get(code="NEW").severity == "HIGH"
        assert AuditLog.objects.filter(entity_type="fault_codes", action="UPDATE").count() == 1

    def test_a_dry_run_tells_and_keeps_nothing(self):
        answer = self.send("code,name\nA,Alpha\nB,Beta\n", dry_run=True)
        assert (answer.json()["created"], FaultCode.objects.count()) == (2, 0)

    def test_a_dry_run_unless_it_is_said_otherwise(self):
        upload = SimpleUploadedFile("codes.csv", b"code,name\nA,Alpha\n")
        answer = client_for("engineer").post(self.URL, {"file": upload}, format="multipart")
        assert (answer.json()["dry_run"], FaultCode.objects.count()) == (True, 0)

    def test_every_fault_is_told_with_its_row_and_nothing_is_kept(self):
        answer = self.send(
            "code,name,severity\nA,Alpha,HIGH\n,Nameless,LOW\nB,,\nC,Gamma,DIRE\nA,Again,LOW\nä/ö,x,\n"
        )
        found = {one["row"]: sorted(one["errors"]) for one in answer.json()["errors"]}
        assert found == {3: ["code"], 4: ["name"], 5: ["severity"], 6: ["code"], 7: ["code"]}
        assert FaultCode.objects.count() == 0

    @pytest.mark.parametrize(
        "content",
        [
            b" ",
            b"code\nA\n",
            b"code,name,colour\nA,Alpha,red\n",
            b"code,name\nA,\xff\n",
            b"code,name\nA,b\0c\n",
            b'code,name\n"' + b"x" * 200_000 + b'",y\n',
            b"code,name\n" + b"x,y\n" * 10_001,
            b"x" * 2_000_001,
        ],
        ids=["blank", "no name", "unknown column", "latin 1", "nul", "endless cell", "rows", "bytes"],
    )
    def test_what_is_no_such_table_is_refused(self, content):
        answer = self.send(content)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["file"])

    def test_who_may_not(self):
        for role in ("operator", "viewer", "shift_manager", "quality"):
            assert self.send("code,name\nA,Alpha\n", role=role).status_code == 403
