"""What a piece of time is, and where a policy counts it (OEE contract R6, R8)."""

import pytest

from oee.kpi import MICROSECONDS, Bucket, Policy, TimeClass, Treatment, bucket_of, classify

LONG, SHORT = 300 * MICROSECONDS, 300 * MICROSECONDS - 1
T = TimeClass

CLASSES = [  # state, planned, loss category, duration → class
    # the state alone
    ("RUNNING", None, None, SHORT, T.RUNNING),
    ("STARVED", None, None, LONG, T.STARVED_BLOCKED),
    ("BLOCKED", None, None, LONG, T.STARVED_BLOCKED),
    ("HELD", None, None, LONG, T.BREAKDOWN),
    ("FAULT", None, None, LONG, T.BREAKDOWN),
    ("SETUP", None, None, LONG, T.SETUP),
    ("CLEANING", None, None, LONG, T.PLANNED),
    ("MAINTENANCE", None, None, LONG, T.PLANNED),
    ("ENGINEERING", None, None, LONG, T.PLANNED),
    ("IDLE", None, None, LONG, T.IDLE),
    ("UNKNOWN", None, None, LONG, T.UNKNOWN),
    # below the threshold only the four stops are minor
    ("STARVED", None, None, SHORT, T.MINOR_STOP),
    ("BLOCKED", None, None, SHORT, T.MINOR_STOP),
    ("HELD", None, None, SHORT, T.MINOR_STOP),
    ("FAULT", False, "BREAKDOWN", SHORT, T.MINOR_STOP),
    ("SETUP", None, None, SHORT, T.SETUP),
    ("IDLE", None, None, SHORT, T.IDLE),
    ("UNKNOWN", None, None, SHORT, T.UNKNOWN),
    ("MAINTENANCE", False, None, SHORT, T.BREAKDOWN),
    # a planned reason wins over every state but running
    ("RUNNING", True, "PLANNED", LONG, T.RUNNING),
    ("FAULT", True, "BREAKDOWN", SHORT, T.PLANNED),
    ("SETUP", True, "SETUP", LONG, T.PLANNED),
    ("IDLE", True, None, LONG, T.PLANNED),
    ("UNKNOWN", True, None, LONG, T.PLANNED),
    ("FAULT", None, "PLANNED", LONG, T.PLANNED),
    # an unplanned reason makes a stop of what is planned by default
    ("MAINTENANCE", False, None, LONG, T.BREAKDOWN),
    ("CLEANING", False, "OTHER", LONG, T.OTHER),
    ("ENGINEERING", False, None, LONG, T.OTHER),
    ("IDLE", False, None, LONG, T.OTHER),
    ("UNKNOWN", False, "OTHER", LONG, T.UNKNOWN),
    ("FAULT", False, "PLANNED", LONG, T.BREAKDOWN),
    # a loss category places the time
    ("FAULT", False, "SETUP", SHORT, T.SETUP),
    ("HELD", False, "STARVED_BLOCKED", LONG, T.STARVED_BLOCKED),
    ("STARVED", False, "BREAKDOWN", LONG, T.BREAKDOWN),
    ("FAULT", False, "MINOR_STOP", LONG, T.MINOR_STOP),
    ("FAULT", False, "OTHER", LONG, T.OTHER),
    ("CLEANING", False, "SETUP", LONG, T.SETUP),
    ("UNKNOWN", False, "BREAKDOWN", LONG, T.BREAKDOWN),
    ("IDLE", None, "OTHER", LONG, T.IDLE),
]


@pytest.mark.parametrize(("state", "planned", "category", "duration", "expected"), CLASSES)
def test_classify(state, planned, category, duration, expected):
    assert classify(state, planned, category, duration, Policy()) is expected


def test_the_threshold_is_the_policys():
    """UMH uses 120 s."""
    assert classify("FAULT", None, None, 120 * MICROSECONDS, Policy(minor_stop_seconds=120)) is T.BREAKDOWN
    assert classify("FAULT", None, None, 120 * MICROSECONDS, Policy()) is T.MINOR_STOP


def test_a_state_outside_the_contract_is_refused():
    with pytest.raises(KeyError):
        classify("DANCING", None, None, LONG, Policy())


@pytest.mark.parametrize(
    ("time_class", "bucket"),
    [
        (T.RUNNING, Bucket.PRODUCTION),
        (T.MINOR_STOP, Bucket.PRODUCTION),
        (T.BREAKDOWN, Bucket.DELAY),
        (T.STARVED_BLOCKED, Bucket.DELAY),
        (T.SETUP, Bucket.DELAY),
        (T.OTHER, Bucket.DELAY),
        (T.UNKNOWN, Bucket.DELAY),
        (T.IDLE, Bucket.EXCLUDED),
        (T.PLANNED, Bucket.EXCLUDED),
    ],
)
def test_the_default_policy(time_class, bucket):
    assert bucket_of(time_class, Policy()) is bucket


@pytest.mark.parametrize(
    ("time_class", "choice", "bucket"),
    [
        (T.MINOR_STOP, {"minor_stops": Treatment.AVAILABILITY}, Bucket.DELAY),
        (T.STARVED_BLOCKED, {"starved_blocked": Treatment.PERFORMANCE}, Bucket.PRODUCTION),
        (T.SETUP, {"setup": Treatment.PERFORMANCE}, Bucket.PRODUCTION),
        (T.SETUP, {"setup": Treatment.PLANNED}, Bucket.EXCLUDED),
        (T.IDLE, {"idle": Treatment.BUSY}, Bucket.DELAY),
        (T.UNKNOWN, {"unknown_time": Treatment.EXCLUDED}, Bucket.EXCLUDED),
    ],
)
def test_each_choice_of_a_policy(time_class, choice, bucket):
    assert bucket_of(time_class, Policy(**choice)) is bucket
