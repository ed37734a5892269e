// What only the inbox has.
import "./attaching.js";
import "./bulks.js";
import "./composer.js";
import "./keyboard.js";
import "./pictures.js";
import "./selection.js";
import "./stream.js";
import "./thread.js";
