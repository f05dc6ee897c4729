/**
 * Every sentence the platform says to a learner, by its code: a fact, then the next step. Spaces
 * before double punctuation are made unbreakable by `say`. Another locale is one more such file.
 */
import { count, say, type Data, type Message, type Sentence } from './say.ts';

/** What a reply must be, by the form that the grader expects. */
const SHAPES: Record<string, string> = {
  boolean: 'un booléen',
  integer: 'un nombre entier',
  number: 'un nombre',
  text: 'un texte',
  nothing: 'ne rien rendre',
  array: 'un tableau',
  object: 'un objet',
};

/** The sentences, by code. */
export const sentences: Record<string, Sentence> = {
  /* ------------------------------------------------------------ requests that could not be taken */
  'not-a-message': [
    'Le serveur n’a pas compris cette demande.',
    'Rechargez la page ; si cela se répète, signalez-le avec l’heure qu’il est.',
  ],
  'message-too-large': [
    'Cette demande dépasse {limitKiB} Kio.',
    'Raccourcissez votre code, ou faites produire les données volumineuses par le code lui-même.',
  ],
  'code-too-large': [
    'Ce code fait {sizeKiB} Kio ; la limite est de {limitKiB} Kio.',
    'Partagez-le entre plusieurs cellules, ou faites produire les données volumineuses par le code lui-même.',
  ],
  'too-many-messages': [
    'Cette page envoie trop de demandes à la fois ; celle-ci n’a pas été prise.',
    'Attendez quelques secondes, puis recommencez.',
  ],
  'too-many-requests': [
    'Trop de demandes viennent de votre adresse.',
    'Attendez une minute, puis rechargez la page.',
  ],
  'too-many-connections': [
    'Trop de pages de ce cours sont ouvertes en même temps.',
    'Fermez quelques onglets, puis rechargez celui-ci.',
  ],
  'too-many-learners-here': [
    'Beaucoup de personnes viennent de commencer depuis votre adresse.',
    'Attendez une minute, puis rechargez la page.',
  ],
  'too-many-learners': [
    'Ce serveur a atteint le nombre de personnes qu’il peut accueillir.',
    'Prévenez la personne qui l’administre ; la lecture du cours reste possible.',
  ],
  'no-learner': ['Le serveur ne vous reconnaît pas.', 'Rechargez la page et acceptez son cookie.'],
  'foreign-host': [
    'Ce serveur ne répond pas sous ce nom.',
    'Ouvrez le cours à l’adresse que le serveur a affichée à son démarrage.',
  ],
  'foreign-origin': [
    'Cette demande vient d’une page qui n’est pas celle du cours.',
    'Ouvrez le cours à sa propre adresse.',
  ],
  'not-found': ['Il n’y a rien à cette adresse.', 'Revenez à l’accueil du cours.'],
  'unknown-lesson': [
    'Cette leçon n’existe pas sur ce serveur.',
    'Rechargez la page, ou revenez à l’accueil.',
  ],
  'unknown-lab': ['Ce lab n’existe pas sur ce serveur.', 'Rechargez la page, ou revenez à l’accueil.'],
  'unknown-language': [
    'Ce langage n’est pas disponible ici : {language}.',
    'Choisissez un autre langage dans les onglets de la cellule.',
  ],
  'unknown-terminal': ['Ce terminal est fermé.', 'Ouvrez-en un nouveau.'],
  'nothing-runs': ['Rien ne s’exécute dans cette cellule.', 'Lancez-la avec Maj+Entrée.'],
  'already-running': [
    'Cette cellule est déjà en cours d’exécution.',
    'Attendez qu’elle se termine, ou arrêtez-la.',
  ],
  'too-many-runs': [
    'Vous avez déjà {limit} exécutions en attente.',
    'Attendez qu’elles se terminent, ou arrêtez-en.',
  ],
  'too-many-terminals': [
    'Vous avez déjà {limit} terminaux ouverts.',
    'Fermez-en un avant d’en ouvrir un autre.',
  ],
  'too-many-drafts': [
    'Le serveur garde déjà {limit} brouillons de vous ; celui-ci n’est gardé que dans votre navigateur.',
    'Réinitialisez des cellules dont vous n’avez plus besoin.',
  ],
  'not-started': [
    'Votre Redis ne tourne pas encore : il démarre à la première exécution.',
    'Lancez une cellule ou ouvrez le terminal.',
  ],
  full: [
    'Toutes les places de ce serveur sont prises.',
    'Gardez cette page ouverte et recommencez dans une minute : une place se libère dès qu’une session s’endort.',
  ],
  'topologies-full': [
    'Ce serveur fait déjà tourner autant de groupes de Redis qu’il le peut : {limit}.',
    'Recommencez dans trois minutes : un groupe se ferme dès qu’on ne s’en sert plus. Le reste de la page s’exécute.',
  ],
  'no-host': [
    'La plateforme redémarre ce qui exécute le code.',
    'Recommencez dans quelques secondes ; votre code est gardé.',
  ],
  stopping: ['Le serveur s’arrête.', 'La page se reconnectera d’elle-même ; votre code est gardé.'],
  'terminal-skipped': [
    'Votre connexion est trop lente pour tout afficher : une partie de la sortie a été sautée.',
    'Réduisez ce que le terminal affiche ; Ctrl+C arrête la commande.',
  ],

  /* ------------------------------------------------------------------------------ outcomes of runs */
  interrupted: [
    'Exécution arrêtée à votre demande.',
    'L’état et la connexion sont gardés ; relancez quand vous voulez.',
  ],
  'limit-time': [
    'Exécution arrêtée après {seconds} s : c’est la durée permise.',
    'Cherchez une boucle qui ne finit pas ou un « await » qui n’aboutit jamais, puis relancez.',
  ],
  'limit-memory': [
    'Votre programme a dépassé les {amount} Mio de mémoire permis et a été arrêté.',
    'Traitez les données par morceaux (SCAN, lots) ; les variables des cellules sont perdues, relancez-les dans l’ordre.',
  ],
  'limit-memory-together': [
    'Vos programmes, ensemble, ont dépassé les {amount} Mio de mémoire permis ; celui-ci a été arrêté.',
    'Fermez les leçons et les terminaux dont vous n’avez plus besoin, ou traitez les données par morceaux ; relancez ensuite les cellules dans l’ordre.',
  ],
  'limit-output': [
    'Votre programme a écrit plus que les {amount} Kio permis et a été arrêté.',
    'Affichez un extrait ou un compte plutôt que toutes les valeurs.',
  ],
  'limit-processes': [
    'Votre programme a créé plus que les {amount} processus permis.',
    'Gardez le travail dans un seul processus : ici, un cœur vous est prêté.',
  ],
  'limit-code': [
    'Ce code dépasse les {amount} Kio permis.',
    'Partagez-le entre plusieurs cellules, ou faites produire les données volumineuses par le code lui-même.',
  ],
  'kernel-ended': [
    'Votre programme s’est terminé lui-même (code {exit}) : les variables des cellules sont perdues.',
    'Retirez l’appel qui quitte le processus, puis relancez les cellules dans l’ordre ; Redis a gardé ses clés.',
  ],
  'kernel-crashed': [
    'Le processus de votre code s’est effondré ({signal}) : les variables des cellules sont perdues.',
    'Relancez les cellules dans l’ordre ; Redis a gardé ses clés.',
  ],
  'kernel-memory': [
    'Le processus de votre code a manqué de mémoire : les variables des cellules sont perdues.',
    'Traitez les données par morceaux, puis relancez les cellules dans l’ordre ; Redis a gardé ses clés.',
  ],
  'kernel-killed': [
    'Le processus de votre code a été arrêté : les variables des cellules sont perdues.',
    'Relancez les cellules dans l’ordre ; Redis a gardé ses clés.',
  ],
  'kernel-restarted': ['Le noyau est neuf : plus aucune variable.', 'Relancez les cellules dans l’ordre.'],
  'pending-promise': [
    'La dernière valeur est une promesse que personne n’attend.',
    'Ajoutez « await » devant l’appel pour voir la réponse de Redis.',
  ],

  /* ---------------------------------------------------------------- errors of Redis and of sockets */
  'error-WRONGTYPE': [
    'La clé existe déjà avec un autre type que celui de cette commande.',
    'Regardez son type avec TYPE, puis choisissez une autre clé ou supprimez celle-ci.',
  ],
  'error-NOAUTH': [
    'Redis demande une authentification que le client n’a pas donnée.',
    'Si vous avez choisi la panne NOAUTH, c’est elle ; sinon vérifiez le mot de passe du client.',
  ],
  'error-NOPERM': [
    'Cette commande n’est pas permise sur votre Redis : elle toucherait à la machine qui l’héberge.',
    'Cherchez une autre commande ; la liste des commandes permises est dans « ACL GETUSER default ».',
  ],
  'error-READONLY': [
    'Ce Redis n’accepte que des lectures : c’est un réplica, ou la panne READONLY est choisie.',
    'Écrivez sur le primaire ; un client de production se reconnecte et recommence.',
  ],
  'error-OOM': [
    'Redis a atteint sa mémoire permise et refuse d’écrire.',
    'Supprimez des clés, donnez-leur une expiration, ou réinitialisez votre Redis.',
  ],
  'error-LOADING': [
    'Redis charge encore ses données et ne répond pas aux commandes.',
    'Recommencez après une courte attente qui s’allonge à chaque essai.',
  ],
  'error-BUSY': [
    'Redis est occupé par un script qui n’en finit pas.',
    'Attendez sa fin, ou arrêtez-le avec « SCRIPT KILL » s’il n’a rien écrit.',
  ],
  'error-NOSCRIPT': [
    'Redis ne connaît pas ce script : il a été oublié ou n’a jamais été chargé.',
    'Rattrapez l’erreur et renvoyez le script avec EVAL, ou chargez-le avec SCRIPT LOAD.',
  ],
  'error-EXECABORT': [
    'La transaction est annulée : une de ses commandes a été refusée à la mise en file.',
    'Corrigez cette commande ; aucune autre n’a été exécutée.',
  ],
  'error-CROSSSLOT': [
    'Les clés de cette commande ne sont pas dans le même slot.',
    'Donnez-leur la même étiquette entre accolades : seul ce qui est entre accolades choisit alors le slot.',
  ],
  'error-ECONNREFUSED': [
    'Rien ne répond à cette adresse.',
    'Ici, Redis est à localhost:6379 et nulle part ailleurs ; si vous avez choisi une panne, c’est elle.',
  ],
  'error-ECONNRESET': [
    'La connexion à Redis a été coupée pendant que votre code attendait.',
    'Demandez-vous si la commande a été exécutée avant de la répéter : c’est toute la question de l’idempotence.',
  ],
  'error-ETIMEDOUT': [
    'Redis n’a pas répondu dans le délai que votre code lui donne.',
    'La commande a peut-être été exécutée : rendez-la répétable, ou allongez le délai.',
  ],

  /* ------------------------------------------------------------ errors that a kernel names by itself */
  'error-PROCESS_EXIT': [
    'La cellule s’est arrêtée à l’appel qui quitte le processus : il aurait emporté les variables de toutes les autres.',
    'Retirez cet appel, ou lancez une erreur (« throw », « raise ») pour finir là ; pour un noyau neuf, utilisez « Redémarrer ».',
  ],
  'error-EXIT_STATUS': [
    'Votre programme s’est terminé par un code de sortie autre que 0.',
    'Lisez ce qu’il a écrit juste avant : c’est lui qui a choisi de finir ainsi.',
  ],
  'error-TOPOLOGY_NODE': [
    'Aucun nœud de ce groupe ne porte ce nom.',
    'Donnez son port, ou « primary » ou « replica » ; topology.nodes() les nomme tous.',
  ],
  'error-TOPOLOGY_REQUEST': [
    'L’objet « topology » ne sait pas faire cela.',
    'Vérifiez le nom de la méthode et son argument : un nœud, ou une durée de 0 à 10 000 ms.',
  ],
  'error-TOPOLOGY_STATE': [
    'Les Redis de ce groupe ne sont pas dans l’état que cette demande suppose.',
    'Remettez-les en ordre avec « await topology.mend() », puis relancez la cellule.',
  ],
  'error-TOPOLOGY_GONE': [
    'Les Redis de cette cellule ne tournent plus.',
    'Relancez la cellule : un groupe neuf et vide démarre.',
  ],
  'error-MOVED': [
    'Cette clé est sur un autre nœud du Cluster, et ce client ne suit pas la redirection.',
    'Ouvrez un « new Redis.Cluster(…) » : il lit l’adresse dans l’erreur et y renvoie la commande.',
  ],
  'error-NOREPLICAS': [
    'Le primaire refuse d’écrire : trop peu de réplicas le suivent.',
    'Attendez leur retour, ou décidez que cette écriture peut se passer d’eux.',
  ],
  'error-FORGED_FRAME': [
    'Votre code a écrit sur le canal réservé au noyau, qui a été arrêté.',
    'Écrivez sur la sortie (console.log, print) ; relancez les cellules dans l’ordre.',
  ],
  'error-NESTED_TOO_DEEPLY': [
    'Ce code est trop imbriqué pour être lu ; le noyau est remplacé, ses variables sont perdues.',
    'Retirez les parenthèses ou les appels en cascade, puis relancez les cellules dans l’ordre.',
  ],
  'error-ERR_MODULE_NOT_FOUND': [
    'Ce module n’est pas installé ici.',
    'Importez ioredis ou un module de Node (« node:crypto », « node:timers/promises »…) ; le bac à sable n’a pas de réseau.',
  ],
  'error-ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX': [
    'Cette syntaxe de TypeScript produit du code : ici, les types sont seulement effacés.',
    'Remplacez « enum » par un objet constant, et les propriétés de constructeur par des champs déclarés.',
  ],
  'error-ERR_ACCESS_DENIED': [
    'Le bac à sable refuse cet accès : ni autre programme, ni fichier hors de /tmp.',
    'Gardez le travail dans la cellule ; écrivez vos fichiers dans /tmp.',
  ],

  /* ------------------------------------------------------------------------------ the platform's fault */
  'go-unavailable': [
    'Le compilateur de Go n’a pas pu démarrer : c’est la plateforme, pas votre code.',
    'Relancez la cellule ; si cela se répète, signalez-le avec l’heure qu’il est.',
  ],
  platform: [
    'La plateforme a échoué, pas votre code.',
    'Relancez ; si cela se répète, signalez-le avec l’heure qu’il est.',
  ],
  'host-lost': [
    'La plateforme s’est interrompue pendant l’exécution ; votre code n’y est pour rien.',
    'Relancez les cellules dans l’ordre : un Redis neuf, avec les données de la leçon, vous attend.',
  ],
  'host-silent': [
    'La plateforme n’a pas su terminer cette exécution ; votre code n’y est pour rien.',
    'Relancez la cellule ; si cela se répète, redémarrez le noyau.',
  ],
  'session-closed': [
    'Votre session venait de se fermer.',
    'Relancez la cellule : un Redis neuf, avec les données de la leçon, démarre.',
  ],
  'server-stopped': [
    'Le serveur a redémarré pendant l’exécution ; ce qui s’était affiché est gardé.',
    'Relancez les cellules dans l’ordre.',
  ],

  /* ---------------------------------------------------------------------------- losses of an instance */
  'instance-memory': [
    (data) => `Votre Redis a dépassé la mémoire de sa boîte et a été arrêté${lost(data)}.`,
    'Un Redis neuf, avec les données de la leçon, démarre ; chargez moins de données à la fois.',
  ],
  'instance-memory-together': [
    (data) =>
      `Vos programmes, ensemble, ont dépassé la mémoire permise et votre Redis a été arrêté${lost(data)}.`,
    'Un Redis neuf, avec les données de la leçon, démarre ; fermez les leçons et les terminaux dont vous n’avez plus besoin.',
  ],
  'instance-hang': [
    (data) => `Votre Redis ne répondait plus et a été remplacé${lost(data)}.`,
    'Cherchez un script sans fin ou une commande qui parcourt tout ; un Redis neuf est prêt.',
  ],
  'instance-crash': [
    (data) => `Votre Redis s’est arrêté de lui-même${lost(data)}.`,
    'Un Redis neuf, avec les données de la leçon, démarre ; relancez les cellules dans l’ordre.',
  ],
  'instance-reset': [
    'Votre Redis est neuf, avec les données de la leçon.',
    'Relancez les cellules dont vous avez besoin.',
  ],
  'instance-idle': [
    'Votre Redis dormait depuis longtemps et a été arrêté, vos données gardées.',
    'Il redémarre avec elles à la prochaine exécution ; les variables des cellules sont à refaire.',
  ],
  'instance-yielded': [
    'Votre Redis de cette leçon a laissé sa place à une autre, vos données gardées.',
    'Il redémarre avec elles à la prochaine exécution ; les variables des cellules sont à refaire.',
  ],
  'unsaved-frozen': [
    'Votre Redis contient plus que les {limit} Mio qui peuvent être gardés : ses données seront perdues quand il s’arrêtera, dans {minutes} min si vous ne faites plus rien.',
    'Supprimez les clés dont vous n’avez plus besoin, ou gardez de quoi les refaire ; chaque exécution repousse cet arrêt.',
  ],
  'unsaved-frozen-unreadable': [
    'Les données de votre Redis n’ont pas pu être gardées : elles seront perdues quand il s’arrêtera, dans {minutes} min si vous ne faites plus rien.',
    'Lancez une cellule : elles seront gardées de nouveau quand il se rendormira.',
  ],
  'unsaved-stopped': [
    'Votre Redis a été arrêté et ses données sont perdues : elles dépassaient les {limit} Mio qui peuvent être gardés.',
    'Il redémarre à la prochaine exécution, avec une sauvegarde plus ancienne ou les données de la leçon ; relancez les cellules dans l’ordre.',
  ],
  'unsaved-stopped-unreadable': [
    'Votre Redis a été arrêté et ses dernières données sont perdues : elles n’ont pas pu être gardées.',
    'Il redémarre à la prochaine exécution, avec une sauvegarde plus ancienne ou les données de la leçon ; relancez les cellules dans l’ordre.',
  ],
  'unsaved-ready': [
    'Ce que votre Redis contenait la dernière fois est perdu : c’était plus que les {limit} Mio qui peuvent être gardés.',
    'Il repart d’une sauvegarde plus ancienne ou des données de la leçon ; relancez les cellules dans l’ordre.',
  ],
  'unsaved-ready-unreadable': [
    'Ce que votre Redis contenait la dernière fois est perdu : cela n’a pas pu être gardé.',
    'Il repart d’une sauvegarde plus ancienne ou des données de la leçon ; relancez les cellules dans l’ordre.',
  ],
  'instance-loop': [
    'Votre Redis est tombé {times} fois de suite : après chaque reconnexion, votre client lui renvoie la commande qui le tue.',
    'Le noyau a été arrêté pour rompre la boucle. Évitez cette commande, ou donnez à ioredis « autoResendUnfulfilledCommands: false ».',
  ],
  'topology-lost': [
    'Vos Redis de cette cellule se sont arrêtés, avec les clés que vous y aviez écrites.',
    'Relancez la cellule : un groupe neuf et vide démarre.',
  ],
  'topology-reset': [
    'Vos Redis de cette cellule sont neufs et vides.',
    'Relancez les cellules dont vous avez besoin.',
  ],
  'topology-idle': [
    'Les Redis de cette cellule ne servaient plus et ont été arrêtés, sans rien garder.',
    'Relancez la cellule : un groupe neuf et vide démarre.',
  ],
  'topology-yielded': [
    'Les Redis de cette cellule ont laissé leur place à un autre groupe, sans rien garder.',
    'Relancez la cellule : un groupe neuf et vide démarre.',
  ],
  'terminal-ended': ['Le terminal s’est fermé.', 'Ouvrez-en un nouveau quand vous voulez.'],
  'terminal-crashed': ['Le terminal s’est arrêté.', 'Ouvrez-en un nouveau ; vos clés sont gardées.'],

  /* ------------------------------------------------------------------ anti-patterns found in a trace */
  'n-plus-one': [
    '{count} commandes {command} sont parties l’une après l’autre, chacune avec son aller-retour : {ms} ms en tout.',
    'Envoyez-les ensemble : un pipeline, MGET ou une commande à plusieurs clés, et un seul aller-retour.',
  ],
  'large-read': [
    '{command} a lu {count} éléments d’un coup ; pendant ce temps Redis ne sert personne d’autre.',
    'Parcourez par morceaux (SCAN, HSCAN, SSCAN, ZRANGE avec LIMIT) ou ne demandez que ce qui sert.',
  ],
  'no-ttl': [
    (data) =>
      `${count(data, 'count', 'Une clé éphémère n’a', '# clés éphémères n’ont')} pas d’expiration (par exemple « {key} »).`,
    'Donnez-lui une durée de vie à l’écriture : SET … EX, ou EXPIRE dans le même script.',
  ],
  'read-then-write': [
    '« {key} » est lue ({read}) puis réécrite ({write}) en deux commandes : un autre client peut passer entre les deux.',
    'Prenez une commande atomique (INCR, HINCRBY, SET … NX), un script Lua, ou WATCH et MULTI.',
  ],
  'eval-resent': [
    'Le texte d’un script a été envoyé {count} fois : {bytes} octets pour rien.',
    'Chargez-le une fois et appelez-le par son empreinte : EVALSHA, ou defineCommand dans ioredis.',
  ],
  unbounded: [
    '{count} ajouts à « {key} », et rien ne la borne : elle grandira aussi longtemps que le service vivra.',
    'Bornez-la à l’écriture : LTRIM, ZREMRANGEBYRANK, XADD … MAXLEN, ou une clé par période.',
  ],
  'search-without-limit': [
    (data) => `${count(data, 'count', 'Une recherche est partie', '# recherches sont parties')} sans LIMIT.`,
    'Ajoutez LIMIT : sans lui, FT.SEARCH rend dix résultats sans le dire, et FT.AGGREGATE les rend tous.',
  ],
  'large-value': [
    'La valeur de « {key} » fait {bytes} octets.',
    'Au-delà de 1 Mio, découpez-la, compressez-la, ou gardez-la hors de Redis.',
  ],
  'connection-per-request': [
    '{count} connexions ont été ouvertes pour {commands} commandes.',
    'Ouvrez un client au démarrage et partagez-le : une connexion sert des milliers de commandes.',
  ],
  'blocking-shared': [
    (data) =>
      `${count(data, 'count', 'Une commande a', '# commandes ont')} attendu {waitedMs} ms derrière {command}, sur la même connexion.`,
    'Donnez aux commandes bloquantes leur propre connexion : redis.duplicate() dans ioredis.',
  ],

  /* ------------------------------------------------------------------------------------- verdicts */
  'verdict-passed': [
    'Réussi : {points} sur {outOf}.',
    'Comparez votre réponse à la solution, puis continuez.',
  ],
  'verdict-to-review': [
    (data) =>
      `À revoir : ${count(data, 'failed', '# vérification échoue', '# vérifications échouent')}${data['hidden'] ? ` (dont ${count(data, 'hidden', '# cachée', '# cachées')} : {kinds})` : ''}, {points} sur {outOf}.`,
    'Lisez le premier échec de la liste : il explique souvent les autres.',
  ],
  'verdict-code-error': [
    'Erreur dans le code : {error}.',
    'Corrigez-la, essayez votre fonction dans une cellule, puis vérifiez de nouveau.',
  ],
  'verdict-limit': ['Limite atteinte.', 'Réduisez ce que votre code consomme, puis vérifiez de nouveau.'],
  'verdict-platform': [
    'Panne de la plateforme : votre réponse n’a pas pu être évaluée.',
    'Cet essai ne compte pas ; vérifiez de nouveau.',
  ],
  'verdict-inconclusive': [
    'Indéterminé : votre réponse est juste, mais la machine était trop occupée pour la mesurer.',
    'Aucun point n’est perdu ; vérifiez de nouveau plus tard si vous voulez la mesure.',
  ],
  'verdict-measuring': [
    'Votre réponse est juste et son coût est bon.',
    'La mesure de latence suit ; vous pouvez continuer, le verdict se complétera de lui-même.',
  ],
  'hidden-correctness': [
    'Une vérification cachée d’exactitude échoue.',
    'Relisez le contrat et essayez des cas que l’énoncé ne montre pas.',
  ],
  'hidden-robustness': [
    'Une vérification cachée de robustesse échoue.',
    'Demandez-vous ce qui se passe si un autre processus agit, ou meurt, entre deux de vos commandes.',
  ],
  'hidden-cost': [
    'Une vérification cachée de coût échoue.',
    'Comptez les allers-retours de chaque opération et cherchez ceux qui peuvent être réunis.',
  ],
  'hidden-latency': [
    'Une vérification cachée de latence échoue.',
    'Cherchez ce que votre code attend sans en avoir besoin.',
  ],
  'failed-without-words': ['Cette vérification échoue.', 'Relisez ce que le contrat demande à ce sujet.'],

  /* ------------------------------------------------------------------- grading: checks and attempts */
  'handler-threw': [
    (data) => `{op}() a levé {name}: {message}${at(data)}`,
    'Rendez ce que le contrat demande ; une erreur de Redis se rattrape, ou se laisse passer quand l’énoncé le dit.',
  ],
  'reply-shape': [
    (data) =>
      `{op}() rend {found}${data['path'] ? ' pour « {path} »' : ''} ; il faut ${SHAPES[String(data['expected'])] ?? 'une autre forme'}.`,
    'Comparez la valeur rendue au contrat ; Redis rend des textes là où l’on attend souvent des nombres.',
  ],
  'too-slow-to-check': [
    'Votre fonction met trop de temps à répondre pour que cette vérification puisse se faire.',
    'Cherchez une attente inutile (sleep, nouvel essai, connexion refaite à chaque appel).',
  ],
  'depends-on': [
    'Non vérifié : une vérification dont celle-ci dépend échoue.',
    'Corrigez d’abord celle-là ; aucun point n’est encore joué ici.',
  ],
  'not-reached': ['Non vérifié : l’évaluation s’est arrêtée avant.', 'Corrigez d’abord ce qui l’a arrêtée.'],
  'load-failed': [
    (data) => `Votre fichier ne se charge pas : {name}: {message}${at(data)}`,
    'Corrigez cette erreur ; rien d’autre n’a pu être vérifié.',
  ],
  'handler-missing': [
    'Votre fichier n’exporte pas de fonction « {handler} ».',
    'Gardez le nom et les paramètres du contrat, et le mot « export » devant la fonction.',
  ],
  'unasked-reply': [
    'Le processus de votre réponse a envoyé un message que personne n’attendait ; l’évaluation s’est arrêtée là.',
    'Laissez la plateforme porter les réponses : votre fonction rend une valeur, et n’écrit sur aucun descripteur.',
  ],
  'process-ended': [
    'Le processus de votre réponse s’est terminé pendant l’évaluation.',
    'Retirez ce qui quitte le processus ; une passerelle doit survivre à ses propres erreurs.',
  ],
  'attempt-time': [
    'Un appel a duré plus de {amount} s et l’évaluation s’est arrêtée.',
    'Cherchez un « await » qui n’aboutit jamais, une boucle sans fin ou un verrou jamais rendu.',
  ],
  'attempt-memory': [
    'Votre réponse a dépassé la mémoire de sa boîte et l’évaluation s’est arrêtée.',
    'Gardez l’état dans Redis, et traitez les données par morceaux.',
  ],
  'attempt-output': [
    'Votre réponse a écrit plus que les {amount} Kio permis et l’évaluation s’est arrêtée.',
    'Retirez les affichages avant de vérifier.',
  ],
  'attempt-processes': [
    'Votre réponse a créé trop de processus et l’évaluation s’est arrêtée.',
    'Gardez le travail dans un seul processus.',
  ],
  'attempt-code': [
    'Votre réponse dépasse les {amount} Kio permis.',
    'Faites produire les données volumineuses par le code lui-même.',
  ],
  'redis-lost-memory': [
    'Votre réponse a fait dépasser à Redis la mémoire de sa boîte, et l’évaluation s’est arrêtée.',
    'Cherchez une clé qui grandit sans borne, ou un script qui construit une très grande valeur.',
  ],
  'redis-lost-hang': [
    'Redis ne répondait plus, et l’évaluation s’est arrêtée.',
    'Cherchez un script sans fin, ou une commande qui parcourt tout.',
  ],
  'redis-lost-crash': [
    'Redis s’est arrêté pendant l’évaluation.',
    'Cherchez la commande qui l’a arrêté ; vérifiez de nouveau si vous n’en voyez pas.',
  ],
  'too-many-round-trips': [
    'Une opération coûte {found} allers-retours ; le budget est de {budget}.',
    'Réunissez les commandes d’une opération : une commande, un script Lua, MULTI ou un pipeline.',
  ],
  'too-many-commands': [
    'Une opération coûte {found} commandes ; le budget est de {budget}.',
    'Cherchez une commande qui fasse le travail de plusieurs, ou un script.',
  ],
  'too-many-bytes': [
    'Une opération transporte {found} octets ; le budget est de {budget}.',
    'Ne renvoyez pas ce que Redis connaît déjà (le texte d’un script) et ne demandez que ce qui sert.',
  ],
  'grows-commands': [
    'Votre solution est en {order} : {from} commandes pour {small} éléments, {to} pour {large}. Il est demandé {most} au plus.',
    'Adressez-vous à ce que vous cherchez par sa clé, ou tenez-en l’index ; ne parcourez pas le reste.',
  ],
  'grows-bytes': [
    'Votre solution est en {order} : {from} octets échangés pour {small} éléments, {to} pour {large}. Il est demandé {most} au plus.',
    'Ne demandez à Redis que ce qui sert : un intervalle, un compte, une page, plutôt que tout.',
  ],
  'grows-serverUs': [
    'Votre solution est en {order} : Redis y passe {from} µs pour {small} éléments, {to} µs pour {large}. Il est demandé {most} au plus.',
    'Redis parcourt tout à votre place (KEYS, un filtre, une longue liste) et fait attendre les autres : changez de structure ou tenez un index.',
  ],
  'work-after-reply': [
    'Des commandes de votre fonction étaient encore en route, ou sont parties, après sa réponse.',
    'Attendez (« await ») tout ce que l’opération doit faire avant de rendre sa valeur.',
  ],
  'too-slow': [
    'Votre réponse prend {ratio} fois le temps de la solution de référence ; le budget est de {budget}.',
    'Comptez les allers-retours, puis ce que le processus attend ou calcule entre deux commandes.',
  ],
  irregular: [
    'Votre réponse prend {ratio} fois le temps de la solution de référence (budget : {budget}), avec des temps irréguliers.',
    'Cherchez l’opération rare qui coûte cher : une reconnexion, un nouvel essai, une attente tirée au hasard.',
  ],
  'latency-pending': ['La latence n’est pas encore mesurée.', 'Le verdict se complétera de lui-même.'],
  'latency-not-asked': ['La latence n’a pas été mesurée.', 'Elle l’est quand la vérification le demande.'],
  'latency-inconclusive': [
    'La machine était trop occupée pour mesurer la latence équitablement.',
    'Aucun point n’est perdu ; vérifiez de nouveau plus tard si vous voulez la mesure.',
  ],
  'attempt-running': [
    'Une de vos réponses est déjà en cours d’évaluation.',
    'Attendez son verdict avant d’en envoyer une autre.',
  ],
  'too-many-attempts': [
    'Vous avez envoyé beaucoup de réponses en peu de temps.',
    'Attendez une minute, puis vérifiez de nouveau.',
  ],
  'solution-withheld': [
    'La solution se montre quand le lab est réussi.',
    'Servez-vous des indices en attendant.',
  ],
  'solution-after-due': [
    'La solution de ce lab noté se montre après la date de remise.',
    'Les indices, s’il y en a, restent ouverts.',
  ],
  'assessed-not-open': [
    'Ce lab noté ouvre le {date}.',
    'Revenez à ce moment-là ; l’énoncé peut déjà se lire.',
  ],
  'assessed-closed': [
    'Ce lab noté était à rendre avant le {date}.',
    'Vos réponses d’avant sont gardées, et la solution peut se lire.',
  ],
  'no-attempt-left': [
    'Vos {attempts} réponses à ce lab noté sont rendues.',
    'La meilleure compte. Une panne de la plateforme n’en prend aucune.',
  ],
  'not-final': ['Ce verdict n’est pas encore définitif.', 'Attendez la fin de la mesure de latence.'],
  'no-solution': ['Ce lab n’a pas de solution dans ce langage.', 'Regardez-la dans un autre langage.'],
  'no-hint': ['Ce lab n’a pas d’indice de ce niveau.', 'Ouvrez les indices dans l’ordre.'],
};

/** The sentence of a code, in French; every code used has one, so that nothing else is ever shown. */
export function french(code: string, data: Data = {}): Message {
  return say(sentences, code, data) ?? { ...say(sentences, 'platform')!, code };
}

function at(data: Data): string {
  return Number(data['line'] ?? 0) > 0 ? ' (ligne {line}).' : '.';
}

function lost(data: Data): string {
  if (data['keysLost'] === undefined) return ', avec les clés que vous aviez écrites';
  return count(
    data,
    'keysLost',
    Number(data['keysLost']) === 0 ? ' ; aucune clé n’est perdue' : ' ; # clé est perdue',
    ' ; # clés sont perdues',
  );
}
