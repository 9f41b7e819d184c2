// Runs once per page, in the header's element. Templates say what a click does: `data-act` names an action of
// assistant/web/actions.py, `data-send` a message to say.

function send(act, element, fields) {
  trigger('act', { ...element.dataset, ...fields, act });
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-act], [data-send]');
  if (!button || button.tagName === 'FORM' || button.disabled) return;
  if (button.dataset.send) trigger('say', { text: button.dataset.send });
  else {
    if (button.dataset.act === 'open' || button.dataset.act === 'compare') opener = button;
    send(button.dataset.act, button, {});
  }
});

document.addEventListener('submit', (event) => {
  const form = event.target.closest('form[data-act]');
  if (!form) return;
  event.preventDefault();
  send(form.dataset.act, form, Object.fromEntries(new FormData(form)));
});

// A picture that cannot be loaded leaves its plain ground.
document.addEventListener('error', (event) => {
  if (event.target.matches?.('.photo img')) event.target.classList.add('broken');
}, true);
document.addEventListener('load', (event) => {
  if (event.target.matches?.('.photo img')) event.target.classList.remove('broken');
}, true);

// --- the sheet is a dialog: Escape closes it, Tab stays in it, focus comes back to where it was -----------------

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

function watchDialog() {
  const found = document.querySelector('#sheet [role=dialog]');
  if (found && !dialog) found.querySelector('[aria-label=Close]')?.focus();
  if (!found && dialog && opener?.isConnected) opener.focus();
  dialog = found;
  document.body.classList.toggle('sheet-open', Boolean(found));
}

// --- an opened edit field takes the focus; the chat keeps its newest words in sight ------------------------------

function watchFields() {
  const field = document.querySelector('#needs [data-focus]');
  const known = field && field.form === watchFields.form;
  watchFields.form = field ? field.form : null;
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

let due = false;
new MutationObserver(() => {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    watchDialog();
    watchFields();
    watchTalk();
  });
}).observe(document.body, { childList: true, subtree: true, characterData: true });
