// What only the inbox has.
import "./composer.js";
import "./keyboard.js";
import "./selection.js";
import "./stream.js";
import "./thread.js";
