"use strict";
// Shows the mistakes that hold a text, and are of a class.
const form = document.getElementById("filter");
if (form) {
  const mistakes = [...document.querySelectorAll(".mistakes > li")];
  const texts = mistakes.map((item) => item.textContent.toLowerCase());
  const show = () => {
    const text = form.elements.text.value.toLowerCase();
    const truth = form.elements.truth.value;
    const called = form.elements.called.value;
    let n = 0;
    mistakes.forEach((item, i) => {
      const shown =
        texts[i].includes(text) &&
        (!truth || item.dataset.truth === truth) &&
        (!called || item.dataset.called === called);
      item.hidden = !shown;
      n += shown;
    });
    form.querySelector("output").textContent = `${n} of ${mistakes.length} shown`;
  };
  form.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
}
