/* The colours: light, dark, or as the device says. Runs in <head> before anything is painted, so nothing flashes. */
(() => {
  const KEY = "theme";
  const root = document.documentElement;
  const device = window.matchMedia("(prefers-color-scheme: dark)");

  function choice() {
    try { return localStorage.getItem(KEY) || "auto"; } catch { return "auto"; } // storage may be forbidden
  }

  function apply() {
    const chosen = choice();
    const theme = chosen === "auto" ? (device.matches ? "dark" : "light") : chosen;
    root.dataset.bsTheme = theme;
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === chosen));
    }
    document.dispatchEvent(new CustomEvent("mes:theme", { detail: theme }));
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-theme-choice]");
    if (!button) return;
    try { localStorage.setItem(KEY, button.dataset.themeChoice); } catch { /* kept for this page only */ }
    root.dataset.bsTheme = button.dataset.themeChoice;
    apply();
  });
  device.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", apply);
  apply();
})();
