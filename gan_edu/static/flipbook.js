// Turns every flipbook of this name that has not been started yet; touches nothing else in the page.
(function (name) {
  function start(book) {
    const part = (role) => book.querySelector(`[data-part="${role}"]`);
    const pages = JSON.parse(part("pages").textContent);
    const [picture, slider, label] = [part("picture"), part("slider"), part("label")];
    const [previous, next, play] = [part("previous"), part("next"), part("play")];
    const last = pages.length - 1;
    let timer = 0;

    function show(index) {
      const page = pages[index];
      picture.src = page.src;
      picture.alt = page.alt;
      label.textContent = page.label;
      slider.value = index;
      slider.setAttribute("aria-valuetext", page.label);
      // not "disabled", which would throw the keyboard out of the button
      previous.setAttribute("aria-disabled", index === 0);
      next.setAttribute("aria-disabled", index === last);
    }

    function stop() {
      window.clearInterval(timer);
      timer = 0;
      play.textContent = "Play";
      label.setAttribute("aria-live", "polite");
    }

    function tick() {
      const index = Number(slider.value);
      if (index === last || !book.isConnected) stop();
      else show(index + 1);
    }

    function begin() {
      label.setAttribute("aria-live", "off"); // a voice cannot keep up with a film
      play.textContent = "Pause";
      if (Number(slider.value) === last) show(0);
      timer = window.setInterval(tick, 600);
    }

    function step(by) {
      stop();
      show(Math.min(last, Math.max(0, Number(slider.value) + by)));
    }

    slider.addEventListener("input", () => step(0));
    previous.addEventListener("click", () => step(-1));
    next.addEventListener("click", () => step(1));
    play.addEventListener("click", () => (timer ? stop() : begin()));
    play.hidden = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    part("controls").hidden = false;
    show(Number(book.dataset.start));
  }

  document.querySelectorAll(`[data-flipbook="${name}"]:not([data-ready])`).forEach((book) => {
    book.dataset.ready = "";
    start(book);
  });
})
