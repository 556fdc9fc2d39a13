// Connects our passkey forms to the sign-in library's functions, and says so when a key was not used. Without JavaScript the forms stay hidden.
(function () {
  "use strict";
  var forms = window.allauth && window.allauth.webauthn && window.PublicKeyCredential ? window.allauth.webauthn.forms : null;

  if (!forms) {
    return;
  }
  document.querySelectorAll("[data-passkey]").forEach(function (form) {
    var given = form.dataset;
    var ids = { credential: given.passkeyCredential, passwordless: given.passkeyPasswordless, data: given.passkeyOptions };
    ids[{ loginForm: "login", authenticateForm: "authenticate", addForm: "add" }[given.passkey]] = given.passkeyButton;
    forms[given.passkey]({ ids: ids });
    form.hidden = false;
  });
  document.addEventListener("allauth.error", function (event) {
    event.preventDefault();
    document.querySelectorAll("[data-passkey-problem]").forEach(function (place) {
      place.textContent = place.dataset.passkeyProblem;
    });
  });
})();
