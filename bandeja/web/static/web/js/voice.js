// Voice messages: recorded in the browser, attached like a file, heard by nobody until it is sent. A button with
// data-records says what the channel takes: "any", "ogg" (the server puts Opus into Ogg), or "wav".
import { attach, say } from "./attaching.js";
import { announce } from "./words.js";

const KINDS = {
  any: ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"],
  ogg: ["audio/ogg;codecs=opus", "audio/mp4;codecs=mp4a.40.2", "audio/webm;codecs=opus"],
  wav: ["audio/mp4;codecs=mp4a.40.2"],
};
const EXTENSIONS = { "audio/ogg": "ogg", "audio/mp4": "m4a", "audio/webm": "webm", "audio/wav": "wav" };
const RATE = 16000; // samples a second of a WAV: what a voice needs
const LONGEST = 15 * 60 * 1000;
const word = (name) => document.getElementById("composer-words").dataset[name];
let recording = null;

document.addEventListener("click", ({ target }) => {
  const starts = target.closest("[data-records]");
  if (starts && !recording) start(starts.closest("form.composer"), starts.dataset.records);
  if (target.closest("[data-record-keep]")) end(true);
  if (target.closest("[data-record-drop]")) end(false);
});

// Before the keys of the inbox hear of it: they would leave the thread.
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || !recording) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    end(false);
  },
  true,
);

// The thread was left while recording: nobody would know that the microphone is still on.
document.addEventListener("htmx:after:swap", () => {
  if (recording && !recording.form.isConnected) end(false);
});

async function start(form, takes) {
  say(form, "");
  if (!navigator.mediaDevices || !window.MediaRecorder) return say(form, word("noRecording"));
  recording = { form };
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (error) {
    recording = null;
    return say(form, word(error.name === "NotAllowedError" ? "noPermission" : "noMicrophone"));
  }
  if (!form.isConnected) {
    recording = null;
    return release(stream);
  }
  const type = KINDS[takes].find((each) => MediaRecorder.isTypeSupported(each));
  const recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
  recording = { form, stream, recorder, parts: [], wav: !type, began: Date.now() };
  recorder.addEventListener("dataavailable", ({ data }) => recording?.parts.push(data));
  recorder.start();
  recording.clock = setInterval(tick, 250);
  show(form, true);
  tick();
  announce(word("recording"));
}

function release(stream) {
  for (const track of stream.getTracks()) track.stop();
}

function tick() {
  const { form, began } = recording;
  const seconds = Math.floor((Date.now() - began) / 1000);
  form.querySelector(".recorder output").value = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if (Date.now() - began > LONGEST) end(true);
}

function show(form, is) {
  form.classList.toggle("recording", is);
  form.querySelector(".recorder").hidden = !is;
  if (is) form.querySelector("[data-record-keep]").focus();
}

function end(keeps) {
  const { form, stream, recorder, clock, wav, parts } = recording;
  if (!recorder || recorder.state === "inactive") return; // pressed twice
  clearInterval(clock);
  recorder.addEventListener("stop", async () => {
    recording = null;
    release(stream);
    show(form, false);
    if (!keeps) return form.text.focus();
    const blob = new Blob(parts, { type: recorder.mimeType.split(";")[0] });
    const sound = wav ? await inWav(blob) : blob;
    attach(form, [new File([sound], `${word("voice")}.${EXTENSIONS[sound.type] ?? "webm"}`, { type: sound.type })], true);
  });
  recorder.stop();
}

// Where the browser records nothing that the channel takes: the plainest sound there is, in one channel.
async function inWav(blob) {
  const whole = await new OfflineAudioContext(1, RATE, RATE).decodeAudioData(await blob.arrayBuffer());
  const context = new OfflineAudioContext(1, Math.max(1, Math.ceil(whole.duration * RATE)), RATE);
  const source = new AudioBufferSourceNode(context, { buffer: whole });
  source.connect(context.destination);
  source.start();
  const samples = (await context.startRendering()).getChannelData(0);
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const letters = (at, text) => [...text].forEach((letter, place) => view.setUint8(at + place, letter.charCodeAt(0)));
  letters(0, "RIFF");
  view.setUint32(4, 36 + 2 * samples.length, true);
  letters(8, "WAVEfmt ");
  for (const [at, number] of [[16, 16], [24, RATE], [28, 2 * RATE], [40, 2 * samples.length]]) view.setUint32(at, number, true);
  for (const [at, number] of [[20, 1], [22, 1], [32, 2], [34, 16]]) view.setUint16(at, number, true);
  letters(36, "data");
  samples.forEach((sample, at) => view.setInt16(44 + 2 * at, 32767 * Math.max(-1, Math.min(1, sample)), true));
  return new Blob([view], { type: "audio/wav" });
}
