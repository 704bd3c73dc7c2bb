"use strict";
// Shows mistakes in pages, and of these the ones that match the form.
const form = document.getElementById("filter");
const PAGE = 10;
const lists = [...document.querySelectorAll(".mistakes.pages")].map((list) => ({
  items: [...list.children],
  texts: [...list.children].map((item) => item.textContent.toLowerCase()),
  more: list.nextElementSibling,
  limit: PAGE,
}));
const show = () => {
  const { text, label, predicted } = form.elements;
  let n_shown = 0;
  let n_all = 0;
  for (const list of lists) {
    const matches = list.items.filter(
      (item, i) =>
        list.texts[i].includes(text.value.toLowerCase()) &&
        (!label.value || item.dataset.label === label.value) &&
        (!predicted.value || item.dataset.predicted === predicted.value),
    );
    const shown = new Set(matches.slice(0, list.limit));
    for (const item of list.items) item.hidden = !shown.has(item);
    list.more.hidden = shown.size === matches.length;
    n_shown += shown.size;
    n_all += matches.length;
  }
  form.querySelector("output").textContent = `${n_shown} of ${n_all} shown`;
};
if (form) {
  form.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const list of lists) {
    list.more.addEventListener("click", () => {
      const first_hidden = list.items.find((item) => item.hidden);
      list.limit += PAGE;
      show();
      // The button may be gone: keyboard users go on at the first new mistake.
      first_hidden.tabIndex = -1;
      first_hidden.focus();
    });
  }
  show();
  // Paper shows every mistake.
  window.addEventListener("beforeprint", () => {
    for (const list of lists) for (const item of list.items) item.hidden = false;
  });
  window.addEventListener("afterprint", show);
}
