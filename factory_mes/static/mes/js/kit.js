/* What the other scripts share, as window.mes: translated words, numbers and durations in the reader's language. */
window.mes = (() => {
  const language = document.documentElement.lang || "en";
  const words = document.getElementById("texts")?.dataset ?? {};

  const text = (name) => words[name] ?? name;
  const fill = (pattern, values) => pattern.replace(/\{(\w)\}/g, (_, name) => values[name]);
  const two = (number) => String(number).padStart(2, "0");

  function number(value, places = 0) {
    return new Intl.NumberFormat(language, { minimumFractionDigits: places, maximumFractionDigits: places }).format(value);
  }

  function percent(ratio, places = 1) {
    return ratio == null ? `– (${text("undefined")})` : `${number(ratio * 100, places)}\u202f%`;
  }

  /* The two largest units that matter; the same words as the template filter `duration`. */
  function duration(seconds) {
    const whole = Math.round(Math.abs(seconds));
    const [d, h, m, s] = [86400, 3600, 60, 1].map((unit) => Math.floor(whole / unit));
    const sign = seconds < 0 && whole ? "−" : "";
    if (h >= 100) return sign + fill(text("days"), { d, h: two(h % 24) });
    if (h) return sign + fill(text("hours"), { h, m: two(m % 60) });
    if (m) return sign + fill(text("minutes"), { m, s: two(s % 60) });
    return sign + fill(text("seconds"), { s });
  }

  /* An element with text in it: never HTML from data. */
  function element(tag, content = "", classes = "") {
    const made = document.createElement(tag);
    made.className = classes;
    made.textContent = content;
    return made;
  }

  return { text, number, percent, duration, element, charts: {} };
})();
