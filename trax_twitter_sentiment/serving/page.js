import {element, renderError, renderOne, renderTable, summary} from './render.js';

const form = document.getElementById('form');
const input = document.getElementById('text');
const eachLine = document.getElementById('lines');
const button = document.getElementById('predict');
const result = document.getElementById('result');
const status = document.getElementById('status');

// The pause in typing after which a request is sent.
const TYPING_PAUSE_MS = 250;

let timer;
let request = new AbortController();

/** Returns the JSON of an answer; throws an `Error` with a message for people. */
async function fetchJson(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Error('The service does not answer. Is it still running?');
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

/** Returns facts about the run; a failed request is repeated by the next call. */
function fetchRun() {
  fetchRun.answer ??= fetchJson('/healthz').catch((error) => {
    fetchRun.answer = undefined;
    throw error;
  });
  return fetchRun.answer;
}

/** Returns the texts to predict. JSON in UTF-8 cannot contain lone surrogates. */
function texts() {
  const text = input.value.replace(
    /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g,
    '\uFFFD');
  const parts = eachLine.checked ? text.split(/\r?\n/) : [text];
  return parts.filter((part) => part.trim());
}

function requestBody(explains) {
  return JSON.stringify({texts: texts(), explain: explains});
}

/** Marks the shown prediction as that of an earlier text. */
function markStale() {
  request.abort();
  clearTimeout(timer);
  result.setAttribute('aria-busy', 'true');
  button.setAttribute('aria-disabled', 'true');
}

function show(content, announcement) {
  result.replaceChildren(...content);
  result.setAttribute('aria-busy', 'false');
  button.setAttribute('aria-disabled', 'false');
  status.textContent = announcement;
}

async function predict() {
  markStale();
  if (!texts().length) return show([], '');
  const {signal} = request = new AbortController();
  try {
    const run = await fetchRun();
    const {predictions} = await fetchJson('/predict', {
      method: 'POST',
      headers: {'Content-Type': 'application/json'},
      body: requestBody(run.explains),
      signal,
    });
    if (predictions.length > 1) {
      show(renderTable(predictions), `${predictions.length} texts predicted`);
    } else {
      show(renderOne(predictions[0]), summary(predictions[0]));
    }
  } catch (error) {
    if (signal.aborted) return;
    const message = error.message.replace(/^texts\[(\d+)\]/, (_, i) => `Text ${+i + 1}`);
    show(renderError(message), message);
  }
}

/** Shows the request as a command line, and copies it where browsers allow that. */
async function copyAsCurl() {
  const copied = document.getElementById('copied');
  // If the service does not answer, the command still shows how to ask.
  const {explains} = await fetchRun().catch(() => ({explains: false}));
  const body = requestBody(explains).replaceAll("'", "'\\''");
  const command =
    `curl '${location.origin}/predict' -H 'Content-Type: application/json' -d '${body}'`;
  copied.replaceChildren(element('code', '', command));
  try {
    await navigator.clipboard.writeText(command);
    copied.prepend('Copied: ');
  } catch {
    copied.prepend('Copy this: ');
  }
}

/** Returns 'a, b or c'. */
function alternatives(names) {
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

async function showRun() {
  const {class_names: names} = await fetchRun();
  const title = names.length <= 6
    ? `Is a text ${alternatives(names)}?` : `Which of ${names.length} classes is a text?`;
  document.getElementById('title').textContent = title;
  document.title = title;
}

async function showExamples() {
  const {examples} = await fetchJson('/examples');
  const section = document.getElementById('examples');
  const buttons = examples.map(({text, name}) => {
    const label = name === null ? [] : [element('small', '', `labelled ${name}`)];
    const example = element('button', 'example', element('bdi', '', text), ...label);
    example.type = 'button';
    example.addEventListener('click', () => {
      input.value = text;
      predict();
    });
    return example;
  });
  section.replaceChildren(...buttons);
  section.hidden = !buttons.length;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const isRunning = result.getAttribute('aria-busy') === 'true' && !request.signal.aborted;
  if (!isRunning) predict();
});
input.addEventListener('input', () => {
  markStale();
  timer = setTimeout(predict, TYPING_PAUSE_MS);
});
input.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  }
});
eachLine.addEventListener('change', predict);
document.getElementById('copy').addEventListener('click', copyAsCurl);
// The first prediction shows the error if the service does not answer.
showRun().catch(() => {});
showExamples().catch(() => {});
