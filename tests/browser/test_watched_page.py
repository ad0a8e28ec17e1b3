"""The browser tests' own eyes: they see errors and foreign requests, and the served font draws Korean."""


def test_a_console_error_is_seen(page, complaints):
    page.evaluate("console.error('out of paper')")
    assert "out of paper" in complaints.pop()


def test_a_script_error_is_seen(page, complaints):
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('jammed') })")
    assert "jammed" in complaints.pop()


def test_a_request_to_another_host_is_seen(page, complaints):
    page.evaluate("fetch('http://localhost:9/').catch(() => null)")
    assert "request to another host: http://localhost:9/" in complaints
    complaints.clear()


def test_korean_comes_from_the_served_font(page):
    page.goto("/accounts/login")
    faces = page.evaluate(
        """async () => (await document.fonts.load('16px "Pretendard Variable"', "공장")).map((f) => f.status)"""
    )
    assert faces and set(faces) == {"loaded"}
