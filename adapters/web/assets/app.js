// The page works without this file. With it, answers come in place,
// suggestions appear while typing, and "/" goes to the ask box.
"use strict";

// In place: a question or an action fetches the page that a plain link would
// open and takes over its main part.

let asking = null; // the request under way

async function go(address, push) {
  if (asking) asking.abort();
  const mine = asking = new AbortController();
  const main = document.getElementById("main");
  main.classList.add("busy");
  main.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address, { headers: { Accept: "text/html" }, signal: mine.signal });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const next = page.getElementById("main");
    if (!next) throw new Error("not a page");
    if (push) history.pushState(null, "", address);
    document.title = page.title;
    document.documentElement.lang = page.documentElement.lang;
    for (const part of [".menu", ".langs", ".foot"]) {
      document.querySelector(part).replaceWith(document.adoptNode(page.querySelector(part)));
    }
    main.replaceWith(document.adoptNode(next));
    enhance(next);
    const card = next.querySelector("[data-card]");
    if (card) {
      card.tabIndex = -1;
      card.focus({ preventScroll: true }); // screen readers begin to read here
    }
    window.scrollTo(0, 0);
  } catch (error) {
    if (error.name === "AbortError") return;
    location.assign(address); // the browser says better than we can what is wrong
  } finally {
    if (asking === mine) {
      asking = null;
      main.classList.remove("busy");
      main.removeAttribute("aria-busy");
    }
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-ask]");
  if (!form) return;
  event.preventDefault();
  const address = new URL((event.submitter && event.submitter.formAction) || form.action);
  address.search = new URLSearchParams(new FormData(form));
  go(address.pathname + address.search, true);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-act]");
  if (link && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    go(link.getAttribute("href"), true);
    return;
  }
  const copy = event.target.closest("button[data-copy]");
  if (copy) {
    const label = copy.textContent;
    navigator.clipboard.writeText(new URL(copy.dataset.copy, location.href).href).then(() => {
      copy.textContent = copy.dataset.copied;
      setTimeout(() => { copy.textContent = label; }, 2000);
    }, () => {});
  }
});

// A change of the fragment alone needs no other page.
let shown = location.pathname + location.search;
window.addEventListener("popstate", () => {
  const wanted = location.pathname + location.search;
  if (wanted !== shown) go(wanted, false);
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const box = document.getElementById("q");
  if (event.key !== "/" || typing || !box || event.metaKey || event.ctrlKey || event.altKey) return;
  event.preventDefault();
  box.focus();
  box.select();
});

// Suggestions: a combobox with a list, as the ARIA Authoring Practices
// describe it.

const pause = 140; // milliseconds without a key before suggestions are asked for

function suggest(box) {
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.id = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.dataset.suggestions);
  box.form.append(list);
  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-expanded", "false");

  let timer = 0;
  let request = null;
  let at = -1; // the option chosen by arrow keys
  let typed = box.value;
  let fresh = true; // not clicked into since it got the focus

  const close = () => {
    clearTimeout(timer);
    if (request) request.abort();
    list.hidden = true;
    at = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };

  const choose = (option) => {
    close();
    box.value = option.dataset.value;
    box.form.requestSubmit();
  };

  const show = (choices) => {
    list.replaceChildren(...choices.map((choice, i) => {
      const option = document.createElement("li");
      option.id = "suggestion-" + i;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.value = choice.value;
      option.textContent = choice.label;
      option.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
      option.addEventListener("click", () => choose(option));
      return option;
    }));
    at = -1;
    box.removeAttribute("aria-activedescendant");
    list.hidden = choices.length === 0;
    box.setAttribute("aria-expanded", String(!list.hidden));
  };

  const move = (to) => {
    const options = list.children;
    if (at >= 0) options[at].setAttribute("aria-selected", "false");
    at = to;
    if (at < 0) {
      box.removeAttribute("aria-activedescendant");
      box.value = typed;
      return;
    }
    options[at].setAttribute("aria-selected", "true");
    options[at].scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", options[at].id);
    box.value = options[at].dataset.value;
  };

  const ask = async () => {
    if (request) request.abort();
    const mine = request = new AbortController();
    const query = new URLSearchParams({ q: typed, lang: document.documentElement.lang });
    try {
      const response = await fetch(box.dataset.suggest + "?" + query, { signal: mine.signal });
      if (!response.ok) return;
      const found = await response.json();
      if (request === mine && document.activeElement === box) show(found.suggestions);
    } catch {
      // Suggestions are a help: without them the question can still be asked.
    }
  };

  box.addEventListener("input", (event) => {
    typed = box.value;
    clearTimeout(timer);
    if (event.isComposing) return; // half a Chinese word
    if (typed.trim() === "") {
      close();
      return;
    }
    timer = setTimeout(ask, pause);
  });
  box.addEventListener("compositionend", () => {
    typed = box.value;
    clearTimeout(timer);
    timer = setTimeout(ask, pause);
  });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || list.hidden) return;
    const last = list.children.length - 1;
    switch (event.key) {
      case "ArrowDown":
        move(at === last ? -1 : at + 1);
        break;
      case "ArrowUp":
        move(at === -1 ? last : at - 1);
        break;
      case "Escape":
        if (at >= 0) move(-1);
        close();
        break;
      default:
        return;
    }
    event.preventDefault();
  });
  box.addEventListener("blur", close);
  // The question that was asked gives way to the next one.
  box.addEventListener("click", () => {
    const unmarked = box.selectionStart === box.selectionEnd;
    if (fresh && unmarked && box.value === box.defaultValue) box.select();
    fresh = false;
  });
  box.addEventListener("blur", () => { fresh = true; });
  box.form.addEventListener("submit", close);
}

function enhance(root) {
  shown = location.pathname + location.search;
  root.querySelectorAll("input[data-suggest]").forEach(suggest);
  if (navigator.clipboard) {
    root.querySelectorAll("button[data-copy]").forEach((button) => { button.hidden = false; });
  }
}

enhance(document);
