/** English, which also stands in for languages that are not here. */
import { type Language, minutes, wordList } from "./language.ts";

export const english: Language = {
  tag: "en",
  title: "Please confirm that it is you",
  why: "The way this session is being driven has changed. Your desktop is safe and waits; nothing you type now reaches it.",
  away: "Nobody was at this session for a while. Your desktop is safe and waits; nothing you type now reaches it.",
  code: "Type the 6-digit code that your authenticator app shows.",
  passkey: "Open this address on your phone, or scan it, and confirm with your passkey.",
  phrase: "Type these words, the way you always type.",
  operator: "Your security team has been asked to look at this session. There is nothing to type; please wait.",
  codeHint: "Enter confirms, Esc clears",
  passkeyHint: "There is nothing to type here; the desktop comes back by itself",
  phraseHint: "Backspace corrects, Esc clears",
  waitHint: "Waiting for your security team",
  wrongCode: "That code is not right. A code can be used once; wait for the next one.",
  otherPhrase: "That was not recognised. Here are other words; take your time.",
  moreWords: "Almost there: a few more words, please.",
  unlikeWord: "A word differs from the one above: go back with Backspace.",
  step: (at, of) => `Step ${at} of ${of}`,
  attempts: (left) => (left === 1 ? "last attempt" : `${left} attempts left`),
  time: (seconds) => `${minutes(seconds)} left`,
  words: wordList(`
    about above after again along also always among answer any area around arrive ask back basket because been before
    begin behind below best better between both bread bring build busy call came care carry chair change check circle
    city clear close cold come corner could country cover create date day deep dinner does done door down draw dream
    drive early earth east easy either end enough even ever every face fall far farm father few field final find fine
    first five follow food forest found four friend from front garden gave general give glass going good great green
    ground group grow half hand happen hard have head hear heart heat help here high hold home horse hour house idea
    inside into island just keep kind kitchen know large last late later learn leave left less letter light
    like line list little live long look lost made make many march matter mean meet middle might mind minute money more
    morning most mother mountain move much music must name near need never new next night north note notice number
    often once one only open order other our over page paper part past people person piece place plan plant point
    present quick quiet rain reach read ready reason rest return right river road room round same second see send
    sentence seven several short should show side since small some soon sound south space stand start station still
    stone story street strong such summer sure table take tell than that their them then there these they thing think
    this those three through time today together told too top toward town travel tree true turn under until very
    voice wait walk want warm watch water week well were west what when where which while white whole why will wind
    window winter with without woman wonder wood word work world would write year yellow yes yet young your
  `),
};
