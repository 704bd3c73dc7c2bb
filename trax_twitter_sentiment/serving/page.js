'use strict';

const form = document.getElementById('form');
const input = document.getElementById('text');
const result = document.getElementById('result');
// Shares from here on, in log-odds, get the full colour.
const STRONG_SHARE = 4;
let asked = 0;

/** Returns a new element; whatever `content` holds is text, never markup. */
function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

async function fetchJson(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error('The service does not answer. Does it still run?');
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

const about = fetchJson('/healthz');
// Shown by the first question, if it fails.
about.catch(() => {});

function percent(probability) {
  return `${(100 * probability).toFixed(1)}%`;
}

function signed(number) {
  return (number < 0 ? '−' : '+') + Math.abs(number).toFixed(2);
}

/** Returns a token, or the code points of one that can't be seen. */
function visible(token) {
  if (!/^[\p{C}\p{Z}]*$/u.test(token)) return token;
  const codes = Array.from(token, (c) => c.codePointAt(0).toString(16).toUpperCase());
  return codes.map((code) => `U+${code.padStart(4, '0')}`).join(' ');
}

function probabilityTable(prediction, classNames) {
  const body = element('tbody');
  prediction.log_probabilities.forEach((logProbability, i) => {
    const probability = Math.exp(logProbability);
    const head = element('th', '', element('bdi', '', classNames[i]));
    head.scope = 'row';
    const meter = element('meter');
    meter.value = probability;
    meter.setAttribute('aria-hidden', 'true');
    const row = element(
      'tr', i === prediction.label ? 'called' : '', head,
      element('td', '', percent(probability)), element('td', '', meter));
    body.append(row);
  });
  const table = element('table', '', body);
  table.setAttribute('aria-label', 'Probabilities');
  return table;
}

function shareList(prediction, classNames) {
  const sought = classNames.length === 2 ? 1 : prediction.label;
  const list = element('ul', 'tokens');
  list.setAttribute('role', 'list');
  prediction.tokens.forEach((token, i) => {
    const share = prediction.shares[i];
    const item = element(
      'li', `token ${share < 0 ? 'against' : 'for'}`, element('bdi', '', visible(token)),
      element('small', '', signed(share)));
    const strength = Math.min(Math.abs(share) / STRONG_SHARE, 1) * 0.45;
    item.style.setProperty('--strength', strength.toFixed(3));
    list.append(item);
  });
  const total = prediction.shares.reduce((sum, share) => sum + share, prediction.bias);
  return [
    element('h3', '', 'What it rests on'),
    element(
      'p', 'faint', 'Each token’s share of the log-odds of ',
      element('bdi', '', classNames[sought]),
      ': a solid line speaks for it, a dashed one against.'),
    prediction.tokens.length ? list : element('p', '', 'There is no token to go by.'),
    element('p', 'faint',
      `Without any token ${signed(prediction.bias)}, together ${signed(total)}.`),
  ];
}

function show(prediction, classNames) {
  if (prediction.label === null) {
    return [element('p', '', 'There is no text.')];
  }
  const parts = [
    element('h2', '', element('bdi', '', classNames[prediction.label])),
    probabilityTable(prediction, classNames),
  ];
  if (prediction.tokens.length && !prediction.n_known) {
    parts.push(element('p', '', 'The model knows none of the tokens.'));
  }
  return prediction.shares
    ? [...parts, ...shareList(prediction, classNames)] : parts;
}

async function ask() {
  const number = ++asked;
  let shown;
  try {
    const {class_names: classNames, explains} = await about.catch(
      () => fetchJson('/healthz'));
    const {predictions} = await fetchJson('/predict', {
      method: 'POST',
      headers: {'Content-Type': 'application/json'},
      // What is half a character, JSON can't carry.
      body: JSON.stringify({texts: [input.value.replace(
        /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g,
        '\uFFFD')], explain: explains}),
    });
    shown = show(predictions[0], classNames);
  } catch (error) {
    shown = [element('p', 'error', error.message)];
  }
  // A later question may have been answered before.
  if (number === asked) result.replaceChildren(...shown);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  ask();
});
input.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    ask();
  }
});
about.then(({class_names: classNames}) => {
  document.getElementById('classes').textContent =
    `A model says which it is: ${classNames.join(', ')}.`;
}, () => {});
