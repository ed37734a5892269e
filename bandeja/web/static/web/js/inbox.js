// What only the inbox has.
import "./attaching.js";
import "./bulks.js";
import "./composer.js";
import "./emoji.js";
import "./keyboard.js";
import "./listing.js";
import "./pictures.js";
import "./others.js";
import "./selection.js";
import "./suggesting.js";
import "./thread.js";
import "./turns.js";
import "./voice.js";
