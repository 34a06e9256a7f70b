// The live board: shows what the WebSocket tells, sends bids, and comes back by itself when the
// connection ends.

// RFC 6455's registry: the server restarts, and the next one serves already.
const SERVICE_RESTART = 1012;
// Milliseconds between attempts. Each failure doubles the wait.
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;

const lots = document.getElementById("lots");
const answer = document.getElementById("answer");

let socket = null;
let failures = 0;
let user = null;

function connect() {
  setState("connecting", "connecting …");
  const url = new URL(lots.dataset.ws, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  socket = new WebSocket(url);
  let opened = false;
  socket.onopen = () => { opened = true; };
  socket.onmessage = (message) => {
    const event = JSON.parse(message.data);
    handlers[event.type]?.(event);
  };
  socket.onclose = (event) => {
    const wait = opened && event.code === SERVICE_RESTART ? 0 : backOff();
    setState("closed", `connection lost (code ${event.code})`);
    setTimeout(connect, wait);
  };
}

// Half of the wait is chance: all boards that lost the same server must not come back at once.
function backOff() {
  const wait = Math.min(FIRST_WAIT * 2 ** failures, LONGEST_WAIT);
  failures += 1;
  return wait / 2 + Math.random() * wait / 2;
}

const handlers = {
  lots(event) {
    failures = 0;
    user = event.user;
    lots.replaceChildren(...event.lots.map(row));
    setState("open", user ? `live, as ${user}` : "live");
  },
  lot(event) {
    const fresh = row(event.lot);
    const old = document.getElementById(fresh.id);
    // What somebody is typing stays.
    const typed = old?.querySelector("input")?.value;
    const field = fresh.querySelector("input");
    if (typed && field) field.value = typed;
    fresh.classList.add("changed");
    if (old) old.replaceWith(fresh);
    else lots.append(fresh);
  },
  gone(event) {
    document.getElementById(`lot-${event.id}`)?.remove();
  },
  accepted(event) {
    answer.textContent = `Your bid of ${event.amount} counts.`;
    const field = document.querySelector(`#lot-${event.lot} input`);
    if (field) field.value = "";
  },
  refused(event) {
    answer.textContent = event.detail;
  },
};

// All text goes in as text: no title becomes HTML.
function element(tag, text = "", ...children) {
  const made = document.createElement(tag);
  made.textContent = text;
  made.append(...children);
  return made;
}

function row(lot) {
  const title = element("td", lot.title, element("small", lot.description));
  const price = element("td", lot.price ?? `from ${lot.starting_price}`);
  const made = element("tr", "", title, price, element("td", lot.bidder ?? ""), tools(lot));
  made.id = `lot-${lot.id}`;
  made.classList.toggle("closed", !lot.is_open);
  return made;
}

function tools(lot) {
  const cell = element("td");
  if (user && lot.has_papers) {
    const link = element("a", "papers");
    link.href = `${lots.dataset.lots}${lot.id}/papers/`;
    cell.append(link);
  }
  if (user && lot.is_open) cell.append(bidForm(lot));
  return cell;
}

function bidForm(lot) {
  const amount = element("input");
  Object.assign(amount, { name: "amount", inputMode: "decimal", required: true });
  amount.setAttribute("aria-label", `Bid for ${lot.title}`);
  const form = element("form", "", amount, element("button", "Bid"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify({ lot: lot.id, amount: amount.value }));
  });
  return form;
}

function setState(state, text) {
  document.documentElement.dataset.state = state;
  document.getElementById("status").textContent = text;
}

connect();
