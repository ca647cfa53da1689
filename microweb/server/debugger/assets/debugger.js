"use strict";
// Adds what needs a script: consoles, a copy button, and the unfolding of long values.

const {secret} = document.body.dataset;
let trusted = document.body.dataset.trusted === "1";

function make(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

// Whether the server did what was asked, and what it says.
async function ask(command, fields) {
  const body = new URLSearchParams({...fields, s: secret});
  try {
    const response = await fetch(`?__debugger__=yes&cmd=${command}`, {method: "POST", body});
    return [response.ok, await response.text()];
  } catch (error) {
    return [false, `The server does not answer: ${error.message}`];
  }
}

function field(className) {
  return make("input", {className, autocomplete: "off", spellcheck: false});
}

// A form that asks for the PIN until it is right, and then gives way to what it guards.
function pinForm(done) {
  const input = field("pin");
  const problem = make("span", {className: "problem"});
  const form = make("form", {}, "The terminal shows the PIN: ", input, problem);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [ok, text] = await ask("pinauth", {pin: input.value});
    const answer = ok ? JSON.parse(text) : {};
    if (answer.auth) {
      trusted = true;
      form.remove();
      done();
    } else {
      problem.textContent = !ok ? text : answer.exhausted ? "Too many wrong PINs; restart the server." : "Wrong PIN.";
      input.select();
    }
  });
  return form;
}

function prompt(number, box) {
  const output = make("pre", {className: "output"});
  const input = field("code");
  const form = make("form", {}, make("code", {}, ">"), input);
  const history = [];
  let place = 0;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const code = input.value;
    if (code) history.push(code);
    place = history.length;
    input.value = "";
    const [ok, text] = await ask("eval", {frm: number, code});
    // What a console prints is escaped by the server; the page's policy lets no script in it run.
    const line = make("div", ok ? {innerHTML: text} : {className: "problem", textContent: text});
    output.append(line);
    fold(line);
    output.scrollTop = output.scrollHeight;
  });
  input.addEventListener("keydown", (event) => {
    const step = {ArrowUp: -1, ArrowDown: 1}[event.key];
    if (step) {
      event.preventDefault();
      place = Math.min(Math.max(place + step, 0), history.length);
      input.value = history[place] || "";
    }
  });
  box.append(output, form);
  input.focus();
}

function openConsole(frame, holder) {
  const existing = frame.querySelector(".console");
  if (existing) {
    existing.hidden = !existing.hidden;
    return;
  }
  const number = frame.id.replace("frame-", "");
  const box = make("div", {className: "console"});
  holder.append(box);
  if (trusted) {
    prompt(number, box);
  } else {
    ask("printpin", {});
    const form = pinForm(() => prompt(number, box));
    box.append(form);
    form.querySelector("input").focus();
  }
}

function fold(root) {
  for (const part of root.querySelectorAll(".extended")) {
    const whole = part.parentElement;
    whole.classList.add("folded");
    whole.addEventListener("click", () => whole.classList.remove("folded"), {once: true});
  }
}

fold(document);
if (secret) {
  for (const frame of document.querySelectorAll(".frame")) {
    const details = frame.querySelector("details");
    if (frame.dataset.open) {
      openConsole(frame, frame);
    } else if (details) {
      const button = make("button", {type: "button", title: "Open a console in this frame"}, ">_");
      button.addEventListener("click", () => openConsole(frame, details));
      details.insertBefore(button, details.children[1]);
    }
  }
}
const plain = document.getElementById("plain");
if (plain && navigator.clipboard) {
  const button = make("button", {type: "button"}, "Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(plain.textContent);
    button.textContent = "Copied";
  });
  plain.before(button);
}
