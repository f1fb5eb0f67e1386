"use strict";
const TIERS = ["gold", "silver", "bronze", "none", "invalid", "no submission", "unscored", "not run"];

function key(cell) {
  const text = cell.textContent.trim(), tier = TIERS.findIndex(t => text.startsWith(t));
  if (tier >= 0) return tier;
  if (text === "–") return "";
  const number = parseFloat(text.replaceAll(",", ""));
  return Number.isNaN(number) ? text.toLowerCase() : number;
}

function compare(a, b) {
  return typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1;
}

// What is not known stays at the end, whichever way it is sorted.
function sort(head) {
  const body = head.closest("table").tBodies[0], column = head.cellIndex;
  const up = head.getAttribute("aria-sort") !== "ascending";
  for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const keyed = [...body.rows].map(row => [key(row.cells[column]), row]);
  keyed.sort(([x], [y]) => x === "" || y === "" ? (x === "") - (y === "") : (up ? 1 : -1) * compare(x, y));
  body.append(...keyed.map(([, row]) => row));
}

function search(field, told, body) {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of body.rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every(word => text.includes(word));
    shown += !row.hidden;
  }
  told.textContent = words.length ? `${shown} of ${body.rows.length} rows` : "";
}

for (const button of document.querySelectorAll("thead button")) {
  button.addEventListener("click", () => sort(button.parentElement));
}
for (const bar of document.querySelectorAll(".search")) {
  const field = bar.querySelector("input"), told = bar.querySelector("output");
  const body = bar.nextElementSibling.querySelector("tbody");
  field.addEventListener("input", () => search(field, told, body));
  bar.hidden = false;
}
