/* How good the network is during a call: round trip, loss and jitter, from the browser's own statistics. */

const EVERY = 2000;

function read(stats, before) {
  const now = { received: 0, lost: 0, jitter: null, rtt: null };
  for (const one of stats.values()) {
    if (one.type === "inbound-rtp" && one.kind === "audio") {
      now.received = one.packetsReceived;
      now.lost = one.packetsLost;
      now.jitter = one.jitter * 1000;
    } else if (one.type === "remote-inbound-rtp" && one.roundTripTime !== undefined) {
      now.rtt = one.roundTripTime * 1000;
    } else if (one.type === "candidate-pair" && one.nominated && one.currentRoundTripTime !== undefined) {
      now.rtt ??= one.currentRoundTripTime * 1000;
    }
  }
  const lost = now.lost - (before?.lost ?? 0);
  const received = now.received - (before?.received ?? 0);
  const loss = lost + received > 0 ? Math.max(0, lost) / (lost + received) : 0;
  return { ...now, loss };
}

/** "good", "fair" or "poor": where speech starts to suffer. */
export function grade({ rtt, loss, jitter }) {
  if (loss > 0.05 || jitter > 60 || rtt > 400) return "poor";
  return loss > 0.01 || jitter > 30 || rtt > 200 ? "fair" : "good";
}

/** Tell `report({rtt, loss, jitter, grade})` every two seconds while the line talks; the returned function stops it. */
export function watch(line, report) {
  let before = null;
  const timer = setInterval(async () => {
    if (!line.connection) return;
    before = read(await line.connection.getStats(), before);
    report({ ...before, grade: grade(before) });
  }, EVERY);
  return () => clearInterval(timer);
}
