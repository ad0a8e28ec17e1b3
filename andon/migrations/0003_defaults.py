"""What holds until people agree on something else: the owners and targets of the types, and a policy per priority."""

from django.db import migrations

MANAGERS = ["shift_manager", "production_manager"]
EVERYWHERE = ["PAGE", "EMAIL", "WEBHOOK", "APPRISE"]
# type: owner, minutes until it should be over
TYPES = {
    "STOPPAGE": ("shift_manager", 30),
    "QUALITY": ("quality", 60),
    "MATERIAL": ("shift_manager", 30),
    "MAINTENANCE": ("maintenance", 60),
    "SAFETY": ("shift_manager", 15),
}
# priority: minutes to acknowledge and to resolve, who is told first, and who next
PRIORITIES = {
    "LOW": (15, 60, ["shift_manager", "engineer"], ["production_manager"]),
    "MEDIUM": (10, 45, ["shift_manager", "engineer", "production_manager"], ["admin"]),
    "HIGH": (5, 30, ["shift_manager", "engineer", "production_manager", "admin"], MANAGERS),
    "CRITICAL": (2, 15, [*MANAGERS, "admin"], [*MANAGERS, "admin"]),
}


def seed(apps, schema_editor):
    for event_type, (owner, minutes) in TYPES.items():
        apps.get_model("andon", "ResponseType").objects.get_or_create(
            event_type=event_type, defaults={"owner_role": owner, "target_minutes": minutes}
        )
    for priority, agreed in PRIORITIES.items():
        policy, new = apps.get_model("andon", "EscalationPolicy").objects.get_or_create(
            line=None, event_type=None, priority=priority, defaults={"name": f"All lines, {priority.lower()}"}
        )
        if new:
            seed_levels(apps.get_model("andon", "EscalationLevel"), policy, *agreed)


def seed_levels(model, policy, acknowledge, resolve, first, second):
    """Unanswered: after the minutes to acknowledge, after twice as many, after those to resolve. Answered and not
    over: after those to resolve."""
    last = ["production_manager", "admin"]
    rungs = [
        (1, acknowledge, "REPORTED", first, ["PAGE", "EMAIL"]),
        (2, 2 * acknowledge, "REPORTED", second, EVERYWHERE),
        (3, resolve, "REPORTED", last, EVERYWHERE),
        (4, resolve, "ACKNOWLEDGED", sorted({*first, *second}), EVERYWHERE),
    ]
    for level, minutes, clock, roles, channels in rungs:
        model.objects.create(
            policy=policy, level=level, after_minutes=minutes, clock=clock, roles=roles, channels=channels
        )


class Migration(migrations.Migration):

    dependencies = [("andon", "0002_escalation")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop, elidable=False)]
