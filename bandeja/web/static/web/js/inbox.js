// What only the inbox has.
import "./attaching.js";
import "./composer.js";
import "./keyboard.js";
import "./pictures.js";
import "./presence.js";
import "./selection.js";
import "./thread.js";
