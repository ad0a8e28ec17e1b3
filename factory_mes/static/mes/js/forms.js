/* Small courtesies: one send per press, passwords to be shown, demo accounts with one press, a print button. */
(() => {
  const submitters = (form) => form.querySelectorAll("button[type=submit], button:not([type])");

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "get") return;
    if (form.dataset.sending) { event.preventDefault(); return; } // a second press while the first is under way
    form.dataset.sending = "yes";
    // Disabled only after the browser has collected the form, or the pressed button's own value would be missing.
    setTimeout(() => submitters(form).forEach((button) => { button.disabled = true; button.classList.add("is-sending"); }));
  });

  function release(form) {
    delete form.dataset.sending;
    submitters(form).forEach((button) => { button.disabled = false; button.classList.remove("is-sending"); });
  }
  document.addEventListener("htmx:afterRequest", (event) => event.target.closest?.("form") && release(event.target.closest("form")));
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sending]").forEach(release)); // came back

  document.addEventListener("click", (event) => {
    const eye = event.target.closest?.("[data-password-toggle]");
    if (eye) toggle(eye);
    const account = event.target.closest?.("[data-demo-username]");
    if (account) fill(account);
    if (event.target.closest?.("[data-print]")) window.print();
  });
  document.querySelectorAll("[data-print]").forEach((button) => { button.hidden = false; }); // of no use without scripts

  function toggle(eye) {
    const input = document.getElementById(eye.dataset.passwordToggle);
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    eye.setAttribute("aria-pressed", String(shown));
    eye.setAttribute("aria-label", mes.text(shown ? "hidePassword" : "showPassword"));
    eye.querySelector(".bi").className = `bi bi-eye${shown ? "-slash" : ""}`;
  }

  function fill(account) {
    const form = document.querySelector("form[data-login]");
    form.querySelector("[name=username]").value = account.dataset.demoUsername;
    form.querySelector("[name=password]").value = account.dataset.demoPassword;
    form.querySelector("button[type=submit]").focus();
  }
})();
