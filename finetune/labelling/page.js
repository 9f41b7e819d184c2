// Runs once, in the page's one element. Rows come and go here; what was entered goes to the server as one form.

const page = () => document.querySelector('#label .sheet');
const field = (box, name) => box.querySelector(`[name=${name}]`);

function entered() {
  const value = (box, name) => field(box, name).value;
  const needs = [...page().querySelectorAll('.needs > .need')].map((need) => ({
    product: value(need, 'product'),
    active: field(need, 'active').checked,
    constraints: [...need.querySelectorAll('.row')].map((row) => Object.fromEntries(
      ['attribute', 'op', 'value', 'unit', 'strength', 'source', 'quote'].map((name) => [name, value(row, name)]))),
  }));
  const chosen = (name) => [...page().querySelectorAll(`[name=${name}]:checked`)].map((box) => box.value);
  return { needs, acts: chosen('act'), stage: chosen('stage')[0] || '' };
}

let sent = null;

function send(act, more = {}) {
  if (!page() || sent === page()) return;
  sent = page();
  trigger('act', { act, form: JSON.stringify(entered()), at: page().dataset.place, ...more });
}

// --- marked words -----------------------------------------------------------------------------------------------

let marked = null;

function setMarked(words, message) {
  marked = words ? { words, message } : null;
  page().querySelector('.marked').textContent = words ? `Marked: “${words}”` : '';
}

document.addEventListener('selectionchange', () => {
  const selection = window.getSelection();
  const words = selection.toString().trim();
  const box = selection.anchorNode && (selection.anchorNode.parentElement || selection.anchorNode).closest?.('[data-message]');
  if (words && box && box.contains(selection.focusNode)) setMarked(words, box.dataset.message);
});

function quoted(row) {
  const typed = field(row, 'value').value.trim();
  const last = page().querySelector('.said.last .words');
  const at = typed ? last.textContent.toLowerCase().indexOf(typed.toLowerCase()) : -1;
  if (marked) {
    field(row, 'quote').value = marked.words;
    field(row, 'source').value = `message ${marked.message}`;
    if (!typed) field(row, 'value').value = marked.words.toLowerCase();
  } else if (at >= 0) {
    field(row, 'quote').value = last.textContent.slice(at, at + typed.length);
    field(row, 'source').value = `message ${last.dataset.message}`;
  }
  setMarked('');
}

function blank(kind) {
  return document.getElementById(kind).content.firstElementChild.cloneNode(true);
}

function addNeed() {
  const need = blank('blank-need');
  page().querySelector('.needs').append(need);
  return need;
}

function addRow(need) {
  const row = blank('blank-row');
  need.querySelector('.rows').append(row);
  field(row, 'source').value = `message ${page().querySelector('.said.last .words').dataset.message}`;
  return row;
}

function addMarked() {
  const needs = [...page().querySelectorAll('.needs > .need')];
  const row = addRow(needs.find((need) => field(need, 'active').checked) || needs.at(-1) || addNeed());
  quoted(row);
  field(row, 'attribute').focus();
}

const DOES = {
  'add-need': () => field(addNeed(), 'product').focus(),
  'add-row': (button) => field(addRow(button.closest('.need')), 'attribute').focus(),
  'add-marked': addMarked,
  'drop-row': (button) => button.closest('.row').remove(),
  'drop-need': (button) => button.closest('.need').remove(),
  quote: (button) => quoted(button.closest('.row')),
};

document.addEventListener('click', (event) => {
  const button = event.target.closest('#label button');
  if (button?.dataset.do) DOES[button.dataset.do](button);
  else if (button?.dataset.act) send(button.dataset.act);
});

document.addEventListener('mousedown', (event) => {
  if (event.target.closest('[data-do=quote], [data-do=add-marked]')) event.preventDefault(); // keeps the marked words
});

document.addEventListener('change', (event) => {
  const box = event.target;
  if (box.name === 'active' && box.checked) {
    page().querySelectorAll('[name=active]').forEach((other) => { other.checked = other === box; });
  }
  const row = box.closest?.('#label .row');
  if (row && box.name === 'value' && !field(row, 'quote').value) quoted(row);
  if (row && box.name === 'source' && box.value.startsWith('event')) {
    field(row, 'quote').value = '';
    field(row, 'strength').value = 'prefer';
  }
  if (row) row.classList.toggle('prefer', field(row, 'strength').value === 'prefer');
});

document.addEventListener('submit', (event) => {
  const form = event.target.closest('#label form');
  if (!form) return;
  event.preventDefault();
  send(form.dataset.act, form.dataset.act === 'go' ? { place: form.elements.place.value } : {});
});

// --- keys -------------------------------------------------------------------------------------------------------

const KEYS = { ArrowLeft: 'previous', ArrowRight: 'next', s: 'skip' };

document.addEventListener('keydown', (event) => {
  if (!page()) return;
  const row = document.activeElement?.closest?.('.row');
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send('save');
  else if (event.altKey && KEYS[event.key]) send(KEYS[event.key]);
  else if (event.altKey && event.key === 'a') addMarked();
  else if (event.altKey && event.key === 'n') DOES['add-need']();
  else if (event.altKey && event.key === 'q' && row) quoted(row);
  else if (event.key === 'Enter' && event.target.matches?.('#label .state input')) { /* no save by accident */ }
  else return;
  event.preventDefault();
});

// --- a new page is shown: its last message in sight, what is wrong or the first field in focus ----------------------

let seen = null;

function arrived() {
  const now = page();
  if (!now || now === seen) return;
  seen = now;
  sent = null;
  marked = null;
  now.dataset.start = JSON.stringify(entered());
  const talk = now.querySelector('.talk');
  talk.scrollTop = talk.scrollHeight;
  window.scrollTo(0, 0);
  const wrong = now.querySelector('.wrong')?.closest('.row, .need, fieldset');
  (wrong?.querySelector('[aria-invalid], select, input') || now.querySelector('.state input'))?.focus({ preventScroll: !wrong });
}

new MutationObserver(arrived).observe(document.getElementById('label'), { childList: true, subtree: true });
arrived();
window.addEventListener('beforeunload', (event) => {
  if (page()?.dataset.unsaved || (page() && page().dataset.start !== JSON.stringify(entered()))) event.preventDefault();
});
