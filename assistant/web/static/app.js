// Runs once per page, in the header's element. Templates say what a click does: `data-act` names an action of
// assistant/web/actions.py, `data-send` a message to say.

function send(act, element, fields) {
  trigger('act', { ...element.dataset, ...fields, act });
}

// A page that comes back into sight may have missed what another window, or an agent, did to the chat.
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) trigger('act', { act: 'look' });
});

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-act], [data-send]');
  if (!button || button.tagName === 'FORM' || button.disabled) return;
  if (button.dataset.send) trigger('say', { text: button.dataset.send });
  else {
    if (button.dataset.act === 'open' || button.dataset.act === 'compare') opener = button;
    if (button.dataset.act === 'page') leafed = true;
    send(button.dataset.act, button, {});
  }
});

document.addEventListener('submit', (event) => {
  const form = event.target.closest('form[data-act]');
  if (!form) return;
  event.preventDefault();
  send(form.dataset.act, form, Object.fromEntries(new FormData(form)));
});

// Only a number, a size or a feature can be bounded: what may be compared how is written with each attribute.
document.addEventListener('change', (event) => {
  const ways = event.target.selectedOptions?.[0]?.dataset.ways?.split(' ');
  if (!ways) return;
  const comparison = event.target.form.elements.op;
  for (const option of comparison.options) option.hidden = option.disabled = !ways.includes(option.value);
  if (comparison.selectedOptions[0]?.disabled) comparison.value = ways[0];
});

// A picture that cannot be loaded leaves its plain ground.
document.addEventListener('error', (event) => {
  if (event.target.matches?.('.photo img')) event.target.classList.add('broken');
}, true);
document.addEventListener('load', (event) => {
  if (event.target.matches?.('.photo img')) event.target.classList.remove('broken');
}, true);

// --- the sheet is a dialog: Escape and Back close it, Tab stays in it, focus comes back to where it was -----------

let opener = null;
let dialog = null;

document.addEventListener('keydown', (event) => {
  if (!dialog) return;
  if (event.key === 'Escape') send('close', dialog, {});
  if (event.key !== 'Tab') return;
  const stops = [...dialog.querySelectorAll('button:not([disabled]), a[href], input, select, [tabindex="0"]')];
  const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
  if (document.activeElement === edge || !dialog.contains(document.activeElement)) {
    event.preventDefault();
    (event.shiftKey ? stops[stops.length - 1] : stops[0])?.focus();
  }
});

window.addEventListener('popstate', () => {
  if (dialog) send('close', dialog, {});
});

function watchDialog() {
  const found = document.querySelector('#sheet [role=dialog]');
  if (found && !dialog) {
    history.pushState({ sheet: true }, '');
    found.querySelector('[aria-label=Close]')?.focus();
  }
  if (!found && dialog) {
    if (history.state?.sheet) history.back();
    if (opener?.isConnected) opener.focus();
  }
  dialog = found;
  document.body.classList.toggle('sheet-open', Boolean(found));
}

// --- an opened edit field takes the focus and gives it back; the newest words and products are in sight -----------

function watchFields() {
  const field = document.querySelector('#needs [data-focus]');
  const known = field && field.form === watchFields.form;
  if (!field && watchFields.form && document.activeElement === document.body) {
    document.querySelector(`#needs .need[data-need="${watchFields.need}"] .plus`)?.focus();
  }
  watchFields.form = field ? field.form : null;
  watchFields.need = field?.form.dataset.need;
  if (field && !known) {
    field.focus();
    field.select?.();
  }
}

function watchTalk() {
  const box = document.getElementById('scroll');
  const talk = document.getElementById('talk');
  const live = document.getElementById('live');
  if (!box || !talk || !live) return;
  const turns = talk.querySelectorAll('.turn');
  const grown = turns.length > (watchTalk.turns || 0);
  watchTalk.turns = turns.length;
  if (live.querySelector('.turn, .problem')) box.scrollTop = box.scrollHeight;
  else if (grown) {
    const said = [...talk.querySelectorAll('.turn.user')].pop();
    if (said) box.scrollTop += said.getBoundingClientRect().top - box.getBoundingClientRect().top - 12;
  }
}

// --- the page is loaded anew when its server comes back: the words in the box outlive that ------------------------

const DRAFT = 'shopkeeper.draft';
const messageBox = () => document.querySelector('#message textarea');

window.addEventListener('pagehide', () => sessionStorage.setItem(DRAFT, messageBox()?.value ?? ''));

function watchDraft() {
  const box = messageBox();
  if (!box || watchDraft.done || !document.querySelector('#needs .panel')) return;
  watchDraft.done = true;
  const draft = sessionStorage.getItem(DRAFT);
  const said = [...document.querySelectorAll('#talk .turn.user .bubble')].pop()?.textContent;
  if (!draft || box.value || draft === said) return;
  box.value = draft;
  box.dispatchEvent(new Event('input', { bubbles: true }));
}

// --- the next page of the catalogue begins at its top ---------------------------------------------------------------

let leafed = false;

function watchShelf() {
  const shown = document.querySelector('#catalogue .grid .card')?.dataset.id;
  if (leafed && shown !== watchShelf.shown) {
    leafed = false;
    document.querySelector('#catalogue .where')?.scrollIntoView({ block: 'start' });
  }
  watchShelf.shown = shown;
}

let due = false;
new MutationObserver(() => {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    watchDialog();
    watchFields();
    watchTalk();
    watchShelf();
    watchDraft();
  });
}).observe(document.body, { childList: true, subtree: true, characterData: true });
