/** French. */
import { type Language, minutes, wordList } from "./language.ts";

export const french: Language = {
  tag: "fr",
  title: "Veuillez confirmer que c’est bien vous",
  why: "La manière dont cette session est utilisée a changé. Votre bureau est à l’abri et vous attend ; rien de ce que vous tapez ne lui parvient.",
  away: "Personne n’était devant cette session depuis un moment. Votre bureau est à l’abri et vous attend ; rien de ce que vous tapez ne lui parvient.",
  code: "Tapez le code à 6 chiffres affiché par votre application d’authentification.",
  passkey: "Ouvrez cette adresse sur votre téléphone, ou scannez-la, et confirmez avec votre clé d’accès.",
  phrase: "Tapez ces mots, comme vous tapez toujours.",
  operator:
    "Votre équipe de sécurité a été priée d’examiner cette session. Il n’y a rien à taper ; veuillez patienter.",
  codeHint: "Entrée valide, Échap efface",
  passkeyHint: "Il n’y a rien à taper ici ; la suite vient d’elle-même",
  phraseHint: "Retour arrière corrige, Échap efface",
  waitHint: "En attente de votre équipe de sécurité",
  wrongCode: "Ce code n’est pas le bon. Un code ne sert qu’une fois ; attendez le suivant.",
  otherPhrase: "La frappe n’a pas été reconnue. Voici d’autres mots ; prenez votre temps.",
  moreWords: "Presque fini : encore quelques mots, s’il vous plaît.",
  unlikeWord: "Un mot diffère de celui demandé : revenez avec Retour arrière.",
  step: (at, of) => `Étape ${at} sur ${of}`,
  attempts: (left) => (left === 1 ? "dernier essai" : `${left} essais restants`),
  time: (seconds) => `il reste ${minutes(seconds)}`,
  words: wordList(`
    abord accord affaire ainsi aller alors ami ancien animal appel apporter arbre arriver assez attendre aucun 
    aussi autant autour autre avant avec avenir avoir bas beau beaucoup besoin bien blanc bleu boire bon bonjour
    bord bout bras bruit bureau calme camp car carte cause cela celui cent cercle certain chacun champ chanter chaque
    chemin chercher cheval cheveu chez chien chose ciel cinq clair combien comme comment compter comprendre 
    contre corps cours court coup courir couleur couper cuisine dans danser dedans demain demi dent depuis dernier
    deux devant devenir devoir dire dix doigt donc donner dont dormir doute doux droit dur eau effet elle encore
    enfant enfin ensemble ensuite entendre entre entrer envie espace essayer est fable face facile faim faire falloir
    famille faute femme ferme feu feuille fille fils fin finir fleur fois fond force forme fort frais franc froid
    front garder gauche gens grand gris gros groupe habit haut herbe heure heureux hier hiver homme horloge huit ici
    image instant jamais jambe jardin jaune jeter jeu jeune joie jouer jour journal juste lac laisser lait langue
    large lettre lever libre lieu ligne lire lit livre loin long lourd lune main maison mais mal manger marche mari
    matin mauvais meilleur membre merci mettre midi mieux milieu mille minute moins mois moment monde monter montrer
    mot mur musique neige noir nom nombre non nord notre nous nouveau nuage nuit offrir ombre oncle orange
    ordre oreille ouest ouvrir page pain paix papier par parent parfois parler partie pas passer patte pays peau
    pendant penser perdre personne petit peu peur pied pierre place plage plaisir plein pleurer pluie plus plusieurs
    point pont porte poser possible pour pouvoir premier prendre pris prix puis quand quatre que quel qui
    quitter raison regard rendre reste retour rien rire robe rond rose rouge route rue sable sang sans savoir sec
    second sens sentir sept seul signe six soir soleil sombre son sortir sous souvent suivre sur table tant tard
    temps tenir terre tirer tomber toujours tour tout train travail trente triste trois trop trouver vague vent
    venir verre vers vert vie vieux ville vin vingt vite vivre voici voir voisin voix voler vouloir voyage vrai
  `),
};
