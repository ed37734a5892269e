// On a phone the settings' places stand in one row that scrolls: the place where one is must be in sight.
document.querySelector(".places [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
