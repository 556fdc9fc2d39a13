// Closes the header's menus with Escape and with a click beside them. Without this they open and close by their own button.
(function () {
  "use strict";
  var menus = document.querySelectorAll("details.menu, .tabs details.menu-fold");

  function closeAll(except) {
    menus.forEach(function (menu) {
      if (menu !== except) {
        menu.open = false;
      }
    });
  }

  document.addEventListener("click", function (event) {
    closeAll(event.target.closest("details.menu, .tabs details.menu-fold"));
  });
  document.addEventListener("keydown", function (event) {
    var open = document.querySelector("details.menu[open], .tabs details.menu-fold[open]");
    if (event.key === "Escape" && open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });
})();
