// Lets the menus of every figure of this name choose its picture; touches nothing else in the page.
(function (name) {
  function start(figure) {
    const part = (role) => figure.querySelector(`[data-part="${role}"]`);
    const alts = JSON.parse(part("alts").textContent);
    const [picture, label] = [part("picture"), part("label")];
    const menus = Array.from(part("menus").querySelectorAll("select"));
    const columns = Number(figure.dataset.columns);
    const [width, height] = [parseFloat(picture.style.width), parseFloat(picture.style.height)];

    function show() {
      const place = menus.reduce((sum, menu) => sum * menu.options.length + menu.selectedIndex, 0);
      picture.style.backgroundPosition = `${-width * (place % columns)}px ${-height * Math.floor(place / columns)}px`;
      picture.setAttribute("aria-label", alts[place]);
      label.textContent = alts[place];
      figure.dataset.place = place;
    }

    menus.forEach((menu) => menu.addEventListener("change", show));
    part("menus").hidden = false;
    show();
  }

  document.querySelectorAll(`[data-choices="${name}"]:not([data-ready])`).forEach((figure) => {
    figure.dataset.ready = "";
    start(figure);
  });
})
