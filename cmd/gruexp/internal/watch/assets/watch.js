// The page of gruexp watch: hears what has changed, fetches it, and puts it in its place.
(() => {
  'use strict';
  const run = document.body.dataset.run;
  const shown = JSON.parse(document.body.dataset.versions);
  const at = id => document.getElementById(id);
  const list = at('list'), head = at('head'), body = at('body'), log = at('log'), said = at('said'), connection = at('connection');
  const query = '?run=' + encodeURIComponent(run);

  if (run && !location.search) history.replaceState(null, '', query); // to load the page again shows the same run

  const say = text => { said.textContent = text; };
  const draw = () => { if (window.gruexpCharts) window.gruexpCharts(body); };

  // A part of the page that follows its version: one request at a time, and a rest after each.
  const follower = (have, rest, fetchIt) => {
    let want = have, busy = false;
    return async version => {
      want = version;
      if (busy) return;
      busy = true;
      try {
        while (want !== have) {
          const next = want;
          await fetchIt();
          have = next;
          await new Promise(done => setTimeout(done, rest));
        }
      } catch (failed) {
        // Not to be had now: the next event tries again.
      } finally {
        busy = false;
      }
    };
  };

  const text = async path => {
    const answer = await fetch(path);
    if (!answer.ok && answer.status !== 404) throw new Error(answer.statusText);
    return { ok: answer.ok, text: await answer.text() };
  };

  const parsed = html => new DOMParser().parseFromString(html, 'text/html').body;

  // The list: rows that have not changed stay as they are, and so does the focus.
  const followList = follower(shown.list, 0, async () => {
    const fresh = parsed((await text('/list' + query)).text);
    const focused = document.activeElement && document.activeElement.closest ? document.activeElement.closest('#list li') : null;
    const rows = new Map([...list.querySelectorAll('li')].map(row => [row.dataset.run, row]));
    const news = [];
    for (const row of fresh.querySelectorAll('li')) {
      const old = rows.get(row.dataset.run);
      if (old && old.dataset.state !== row.dataset.state) news.push(row.dataset.title + ': ' + row.dataset.state);
      if (!old && rows.size) news.push(row.dataset.title + ': ' + row.dataset.state);
      if (old && old.outerHTML === row.outerHTML) row.replaceWith(old);
    }
    list.replaceChildren(...fresh.childNodes);
    if (focused) {
      const again = [...list.querySelectorAll('li')].find(row => row.dataset.run === focused.dataset.run);
      if (again) again.querySelector('a').focus({ preventScroll: true });
    }
    if (news.length) say(news.join('. '));
  });

  const followHead = follower(shown.head, 0, async () => {
    const answer = await text('/head' + query);
    if (!answer.ok) {
      const gone = document.createElement('p');
      gone.className = 'hint';
      gone.textContent = 'This run is not in the folder any more. What is shown is how it was.';
      head.replaceChildren(gone);
      return;
    }
    const open = [...head.querySelectorAll('details[open]')].map(d => d.dataset.key);
    const focused = head.contains(document.activeElement) ? [...head.querySelectorAll('summary, button')].indexOf(document.activeElement) : -1;
    const fresh = parsed(answer.text);
    head.replaceChildren(...fresh.childNodes);
    head.querySelectorAll('details').forEach(d => { d.open = open.includes(d.dataset.key); });
    if (focused >= 0) (head.querySelectorAll('summary, button')[focused] || at('main')).focus({ preventScroll: true });
    const standing = head.querySelector('.standing');
    if (standing) document.title = standing.dataset.title + ': ' + standing.dataset.state;
  });

  const followBody = follower(shown.body, 1000, async () => {
    const answer = await text('/body' + query);
    if (!answer.ok) return;
    if (window.gruexpSwap) window.gruexpSwap(body, answer.text);
    else { body.replaceChildren(...parsed(answer.text).childNodes); draw(); }
  });

  // The log, while it is unfolded. Whoever has scrolled up stays there.
  const loadLog = async () => {
    const choice = log.querySelector('.choice'), select = choice.querySelector('select'), note = log.querySelector('.hint'), pre = log.querySelector('pre');
    const asked = sessionStorage.getItem('trial of ' + run) || '';
    const part = JSON.parse((await text('/log' + query + '&trial=' + encodeURIComponent(asked))).text);
    const names = part.names || [];
    if (asked && !names.includes(asked)) sessionStorage.removeItem('trial of ' + run);
    choice.hidden = names.length < 1 || names[0] === '';
    if (JSON.stringify(names) !== select.dataset.names && document.activeElement !== select) {
      select.dataset.names = JSON.stringify(names);
      select.replaceChildren(...['', ...names].map(name => new Option(name || 'the last one that has written', name)));
    }
    select.value = asked;
    const notes = [];
    if (part.fault) notes.push(part.fault);
    if (!choice.hidden && part.name) notes.push('Trial ' + part.name + '.');
    if (part.cut) notes.push('The last part of ' + part.size.toLocaleString('en') + ' bytes.');
    note.textContent = notes.join(' ');
    note.hidden = !notes.length;
    const follows = pre.scrollHeight - pre.scrollTop - pre.clientHeight < 40;
    if (pre.textContent !== part.text) pre.textContent = part.text;
    pre.hidden = !part.text;
    if (follows) pre.scrollTop = pre.scrollHeight;
  };
  let logVersion = shown.log;
  const followLog = follower(null, 500, loadLog);
  if (log) {
    log.addEventListener('toggle', () => {
      sessionStorage.setItem('log', log.open ? 'open' : '');
      if (log.open) followLog(logVersion + ' ' + Date.now());
    });
    log.querySelector('select').addEventListener('change', event => {
      sessionStorage.setItem('trial of ' + run, event.target.value);
      log.querySelector('pre').scrollTop = log.querySelector('pre').scrollHeight;
      followLog(logVersion + ' ' + event.target.value + Date.now());
    });
    if (sessionStorage.getItem('log') === 'open') log.open = true;
  }

  // Stopping, without leaving the page.
  head.addEventListener('click', event => {
    if (!event.target.matches('[data-close]')) return;
    const details = event.target.closest('details');
    details.open = false;
    details.querySelector('summary').focus();
  });
  head.addEventListener('submit', async event => {
    event.preventDefault();
    const form = event.target;
    form.querySelectorAll('button').forEach(b => { b.disabled = true; });
    try {
      const answer = await fetch('/stop', { method: 'POST', headers: { Accept: 'text/plain' }, body: new URLSearchParams(new FormData(form)) });
      say(answer.ok ? 'Asked to stop.' : (await answer.text()).trim());
    } catch (failed) {
      say('The request did not arrive: there is no connection to gruexp watch.');
    }
    form.querySelectorAll('button').forEach(b => { b.disabled = false; });
    form.closest('details').open = false;
    at('main').focus({ preventScroll: true });
  });

  // Events. A page that nobody sees does not listen: browsers allow few connections.
  let source = null, again = 0;
  const tell = (state, words) => {
    if (connection.dataset.state === state) return;
    connection.dataset.state = state;
    connection.textContent = words;
  };
  const listen = () => {
    clearTimeout(again);
    if (source) source.close();
    source = new EventSource('/events' + query);
    source.addEventListener('open', () => tell('on', 'Live'));
    source.addEventListener('error', () => {
      tell('lost', 'Connection lost: is gruexp watch running? Trying again …');
      if (source && source.readyState === EventSource.CLOSED) again = setTimeout(listen, 3000);
    });
    source.addEventListener('change', event => {
      const now = JSON.parse(event.data);
      if (now.server !== shown.server) { location.reload(); return; }
      if (!run && now.list !== shown.list) { location.reload(); return; }
      followList(now.list);
      followHead(now.head);
      if (now.body) followBody(now.body);
      logVersion = now.log;
      if (log && log.open) followLog(now.log);
    });
  };
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) { listen(); return; }
    clearTimeout(again);
    if (source) source.close();
    source = null;
  });
  addEventListener('pagehide', () => { if (source) source.close(); source = null; });
  addEventListener('pageshow', event => { if (event.persisted) listen(); });
  draw();
  if (!document.hidden) listen();
})();
