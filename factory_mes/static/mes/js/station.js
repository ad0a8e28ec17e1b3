/* The station: the scan box keeps the keyboard, a scanner's Enter leads on instead of deciding, and limits answer while one types. */
(() => {
  const station = document.getElementById("station");
  const scan = document.getElementById("scan");
  const TYPED = "input:not([type=hidden], [type=radio], [type=checkbox]), textarea, select";

  /* --- where the keyboard goes --------------------------------------------------------------------------------------- */
  function settle() {
    for (const field of station.querySelectorAll("[data-lower], [data-upper]")) judge(field);
    sayUnknown(station.querySelector("[data-unknown]")?.dataset.unknown);
    if (![document.body, scan].includes(document.activeElement)) return; // somebody has taken hold of a field already
    const wrong = station.querySelector(".is-invalid");
    (wrong ?? station.querySelector("[data-scanned]") ?? scan).focus({ preventScroll: !wrong });
  }

  /* The number that was not found stays to be mended or written over, unless the next one is being typed already. */
  function sayUnknown(number) {
    scan.classList.toggle("is-invalid", Boolean(number));
    scan.setAttribute("aria-invalid", String(Boolean(number)));
    if (!number || (scan.value && scan.value !== number)) return;
    scan.value = number;
    scan.select();
  }

  document.addEventListener("htmx:beforeSend", (event) => { if (event.target.id === "scan-form") scan.value = ""; });

  document.addEventListener("keydown", (event) => {
    if (event.key.length !== 1 || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.target.closest?.(TYPED)) return;
    if (event.key === " " && event.target.closest?.("button, summary, a, input")) return; // presses what has the focus
    scan.focus(); // before the letter arrives: it lands in the box
  });

  station.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("#step input")) return;
    event.preventDefault(); // the next thing to be filled in, and after the last the buttons
    const fields = [...document.querySelectorAll(`#step :is(${TYPED}), #step .verdict-pass`)];
    const next = fields[fields.indexOf(event.target) + 1] ?? scan;
    next.focus();
  });

  /* --- limits -------------------------------------------------------------------------------------------------------- */
  function numberIn(text, unit) {
    const bare = text.trim().replace(unit && text.trim().endsWith(unit) ? unit : "", "").trim().replace(",", ".");
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(bare) ? Number(bare) : NaN;
  }

  function verdict({ value, dataset: { lower, upper, unit } }) {
    if (!value.trim()) return null;
    const number = numberIn(value, unit);
    if (Number.isNaN(number)) return "odd";
    return (lower !== undefined && number < Number(lower)) || (upper !== undefined && number > Number(upper)) ? "out" : "in";
  }

  function judge(field) {
    const mark = field.closest("[data-measure]").querySelector("[data-mark]");
    const said = verdict(field);
    mark.hidden = !said;
    if (!said || mark.dataset.verdict === said) return;
    mark.dataset.verdict = said;
    const icon = mes.element("i", "", `bi bi-${said === "in" ? "check-circle" : "exclamation-octagon"}`);
    icon.setAttribute("aria-hidden", "true");
    mark.replaceChildren(icon, mes.element("span", mark.dataset[said]));
  }

  station.addEventListener("input", (event) => event.target.matches("[data-lower], [data-upper]") && judge(event.target));
  document.addEventListener("htmx:afterSettle", settle);
  settle();
})();
