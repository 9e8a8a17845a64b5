/** German. */
import { type Language, minutes, wordList } from "./language.ts";

export const german: Language = {
  tag: "de",
  title: "Bitte bestätigen Sie, dass Sie es sind",
  why: "Diese Sitzung wird anders bedient als sonst. Ihr Arbeitsplatz ist sicher und wartet; was Sie jetzt tippen, erreicht ihn nicht.",
  away: "An dieser Sitzung war eine Weile niemand. Ihr Arbeitsplatz ist sicher und wartet; was Sie jetzt tippen, erreicht ihn nicht.",
  code: "Geben Sie den 6-stelligen Code Ihrer Authenticator-App ein.",
  passkey: "Öffnen Sie diese Adresse auf Ihrem Telefon oder scannen Sie sie, und bestätigen Sie mit Ihrem Passkey.",
  phrase: "Tippen Sie diese Wörter so, wie Sie immer tippen.",
  operator: "Ihr Sicherheitsteam wurde gebeten, diese Sitzung anzusehen. Sie müssen nichts tippen; bitte warten Sie.",
  codeHint: "Enter bestätigt, Esc löscht",
  passkeyHint: "Hier ist nichts zu tippen; es geht von selbst weiter",
  phraseHint: "Rücktaste korrigiert, Esc löscht",
  waitHint: "Warten auf Ihr Sicherheitsteam",
  wrongCode: "Dieser Code stimmt nicht. Jeder Code gilt einmal; warten Sie auf den nächsten.",
  otherPhrase: "Das wurde nicht erkannt. Hier sind andere Wörter; lassen Sie sich Zeit.",
  moreWords: "Fast geschafft: noch ein paar Wörter, bitte.",
  unlikeWord: "Ein Wort weicht ab: gehen Sie mit der Rücktaste zurück.",
  step: (at, of) => `Schritt ${at} von ${of}`,
  attempts: (left) => (left === 1 ? "letzter Versuch" : `noch ${left} Versuche`),
  time: (seconds) => `noch ${minutes(seconds)}`,
  words: wordList(`
    abend aber alle alles alt andere anders arbeit auch auf auge aus bald baum beide beim berg besser bett bild bin
    bis bitte blau bleiben blume brief bringen brot bruder buch damit dank dann darf das dein dem denken denn deshalb
    dich die dies doch dorf dort drei dunkel durch ecke eigen ein einfach einmal eltern ende erde erst essen etwas
    fahren fallen falsch farbe fast fenster fertig feuer finden fliegen fragen frau frei freund garten geben gehen
    geld gelb genau genug gern gestern gesund glas gleich gold gras gut haben halb halten hand haus heben heim heiter
    helfen hell herz heute hier himmel hinter hoch hof holen holz hund ich ihr immer ins jahr jede jemand jetzt jung
    kalt kann kaufen kein kennen kind klar klein kommen kopf kraft kurz lachen land lang langsam lassen laufen laut
    leben legen leicht leider lernen lesen letzte leute licht lieben links luft machen mal mann markt mehr mein meist
    mensch messen milch mit mittag monat morgen nach nacht nahe name neben nehmen nein neu nicht nichts nie noch nord
    nun nur oben oder offen oft ohne ort papier platz recht rede regen reich reise rot ruhe rund sagen sand schon
    sehen sehr sein seit selbst sich sicher sie sieben singen sitzen sofort sohn sollen sommer sonne sonst spielen
    sprache stadt stark stehen stein stelle still strand stunde suchen tag tanzen tasche teil tief tisch tochter
    tragen treffen trinken tun uhr und unser unter viel vier voll von vor wagen wald wand wann warm warten was
    wasser weg weil wein weit welche welt wenig wenn werden wetter wichtig wie wieder wind winter wir wissen woche
    wohnen wollen wort wunsch zahl zehn zeigen zeit ziehen zimmer zug zuletzt zusehen zwei zwischen
  `),
};
