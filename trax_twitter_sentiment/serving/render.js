// Turns predictions into elements. Texts never become markup.

// Words with smaller shares of the log-odds are not marked.
const SMALLEST_SHARE = 0.05;
// Words with larger shares have the strongest colour.
const STRONG_SHARE = 4;
const STRONGEST_OPACITY = 0.45;
// If there are more classes, the improbable ones are folded.
const MAX_ROWS = 6;

export function element(name, className, ...content) {
  const node = document.createElement(name);
  if (className) node.className = className;
  node.append(...content);
  return node;
}

export function percent(probability) {
  if (probability < 0.001) return '<0.1%';
  if (probability > 0.999) return '>99.9%';
  return `${(100 * probability).toFixed(1)}%`;
}

function signed(number) {
  return (number < 0 ? '−' : '+') + Math.abs(number).toFixed(2);
}

/** Returns the probability of the predicted class, or '' without a text. */
function probabilityOf({label, log_probabilities: logProbabilities}) {
  return label === null ? '' : percent(Math.exp(logProbabilities[label]));
}

/** Returns a prediction in a few words, for screen readers. */
export function summary(prediction) {
  return `${prediction.name} ${probabilityOf(prediction)}`;
}

export function renderError(message) {
  return [element('p', 'error', message)];
}

/** Returns a text, each word marked by its share. */
function markedText(prediction) {
  const fragments = prediction.marked_text ?? [{text: prediction.text, share: null}];
  const parts = fragments.map(({text, share}) => {
    if (share === null || Math.abs(share) < SMALLEST_SHARE) return text;
    const mark = element(
      'mark', share > 0 ? 'for' : 'against', text, element('span', 'share', signed(share)));
    const strength = Math.min(Math.abs(share) / STRONG_SHARE, 1) * STRONGEST_OPACITY;
    mark.style.setProperty('--strength', strength.toFixed(3));
    return mark;
  });
  const node = element('bdi', 'text', ...parts);
  node.dir = 'auto';
  return node;
}

function wordWarning({n_words: nWords, n_known_words: nKnown}) {
  if (nWords === undefined) return [];
  if (!nWords) {
    return [element('p', 'warning', 'No word counts: this is the guess for an empty text.')];
  }
  const nUnknown = nWords - nKnown;
  if (!nUnknown) return [];
  const message = `${nUnknown} of ${nWords} words ${nUnknown === 1 ? 'is' : 'are'} unknown.`;
  return [element('p', 2 * nUnknown > nWords ? 'warning' : 'faint', message)];
}

function explanation(prediction) {
  if (!prediction.marked_text) return [];
  const text = element('p', 'marked', markedText(prediction));
  for (const mark of text.querySelectorAll('mark')) mark.tabIndex = 0;
  const {contrast: [first, second], rest, shares, bias, explained_run: run} = prediction;
  const logOdds = shares.reduce((a, b) => a + b, bias);
  return [
    text,
    element(
      'p', 'faint', 'Solid green words speak for ', element('bdi', '', first),
      ' rather than ', element('bdi', '', second), ', dashed orange ones against it. ',
      `Log-odds${run ? ` of ${run} alone` : ''}: ${signed(logOdds)}, of which ${signed(rest)} belongs to no word.`),
  ];
}

function probabilityRow([name, probability], predictedName) {
  const head = element('th', '', element('bdi', '', name));
  head.scope = 'row';
  const meter = element('meter');
  meter.value = probability;
  meter.setAttribute('aria-hidden', 'true');
  return element(
    'tr', name === predictedName ? 'predicted' : '', head,
    element('td', 'number', percent(probability)), element('td', 'bar', meter));
}

function probabilityTable(rows, predictedName) {
  const body = rows.map((row) => probabilityRow(row, predictedName));
  const table = element('table', 'probabilities', element('tbody', '', ...body));
  table.setAttribute('aria-label', 'Probabilities');
  return table;
}

function probabilities({probabilities: byName, name}) {
  const rows = Object.entries(byName);
  if (rows.length <= 2) return [probabilityTable(rows, name)];
  rows.sort((a, b) => b[1] - a[1]);
  const tables = [probabilityTable(rows.slice(0, MAX_ROWS), name)];
  if (rows.length > MAX_ROWS) {
    tables.push(element(
      'details', '', element('summary', '', `${rows.length - MAX_ROWS} more classes`),
      probabilityTable(rows.slice(MAX_ROWS), name)));
  }
  return tables;
}

/** Returns the prediction for one text. */
export function renderOne(prediction) {
  return [
    element(
      'h2', '', element('bdi', '', prediction.name), ' ',
      element('span', 'number', probabilityOf(prediction))),
    ...wordWarning(prediction),
    ...explanation(prediction),
    ...probabilities(prediction),
  ];
}

function unknownWords({n_words: nWords, n_known_words: nKnown}) {
  return nWords === undefined ? '' : `${nWords - nKnown} of ${nWords}`;
}

function tableRow(prediction, i, showDetails) {
  const button = element('button', 'quiet', `${i + 1}`);
  button.type = 'button';
  button.setAttribute('aria-label', `Details of text ${i + 1}`);
  button.addEventListener('click', showDetails);
  return element(
    'tr', '', element('td', '', button), element('td', '', markedText(prediction)),
    element(
      'td', 'number', element('bdi', '', prediction.name), ' ',
      element('span', 'faint', probabilityOf(prediction))),
    element('td', 'number', unknownWords(prediction)));
}

/** Returns the predictions for several texts; a button for each shows its details. */
export function renderTable(predictions) {
  const details = element('div', 'details');
  const rows = predictions.map((prediction, i) => tableRow(prediction, i, () => {
    details.replaceChildren(...renderOne(prediction));
    const heading = details.querySelector('h2');
    heading.tabIndex = -1;
    heading.focus();
  }));
  const head = ['No.', 'Text', 'Prediction', 'Unknown words'].map((title) => {
    const cell = element('th', '', title);
    cell.scope = 'col';
    return cell;
  });
  return [
    element(
      'table', 'texts', element('thead', '', element('tr', '', ...head)),
      element('tbody', '', ...rows)),
    details,
  ];
}
