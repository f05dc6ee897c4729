/** Every sentence of the interface, in French. What the server says comes already in French. */

const space = '\u00a0';
const thin = '\u202f';

/** A whole number as French writes it. */
export const count = (value: number) => value.toLocaleString('fr-FR');

/** A value of a table as French writes it: nothing for an absence, a comma in a number. */
export function tableValue(found: unknown): string {
  if (found === null || found === undefined) return '';
  if (typeof found === 'number')
    return Number.isInteger(found) ? count(found) : String(found).replace('.', ',');
  return typeof found === 'string' ? found : JSON.stringify(found);
}

/** A duration in the unit a person would choose. */
export function duration(ms: number): string {
  if (ms < 0) return '—';
  if (ms < 1) return `${Math.round(ms * 1000)}${space}µs`;
  if (ms < 10) return `${ms.toLocaleString('fr-FR', { maximumFractionDigits: 1 })}${space}ms`;
  if (ms < 1000) return `${Math.round(ms)}${space}ms`;
  if (ms < 60_000) return `${(ms / 1000).toLocaleString('fr-FR', { maximumFractionDigits: 1 })}${space}s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)}${space}min`;
  if (ms < 86_400_000) return `${Math.round(ms / 3_600_000)}${space}h`;
  return `${Math.round(ms / 86_400_000)}${space}j`;
}

/** A size in octets, Kio or Mio. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${count(bytes)}${space}o`;
  if (bytes < 1024 * 1024)
    return `${(bytes / 1024).toLocaleString('fr-FR', { maximumFractionDigits: 1 })}${space}Kio`;
  return `${(bytes / 1024 / 1024).toLocaleString('fr-FR', { maximumFractionDigits: 1 })}${space}Mio`;
}

/** « 1 commande », « 3 commandes »: the plural starts at two in French. */
export const plural = (value: number, one: string, many = `${one}s`) =>
  `${count(value)}${space}${value < 2 ? one : many}`;

export const fr = {
  site: {
    name: 'Atelier Redis',
    tagline: 'Apprendre Redis en l’exécutant',
    skip: 'Aller au contenu',
    menu: 'Menu du cours',
    close: 'Fermer',
    search: 'Rechercher',
    searchPlaceholder: 'Une commande, un terme, une idée…',
    searchNone: (text: string) =>
      `Rien trouvé pour «${space}${text}${space}». Essayez un mot plus court, ou une commande Redis.`,
    searchMissing: 'La recherche est prête une fois le site construit : lancez « npm start ».',
    searchHint: 'Flèches pour choisir, Entrée pour ouvrir, Échap pour fermer.',
    searchCount: (found: number) => plural(found, 'résultat'),
    theme: { auto: 'Thème : système', light: 'Thème : clair', dark: 'Thème : sombre' },
    onThisPage: 'Sur cette page',
    previous: 'Précédent',
    next: 'Suivant',
    soon: 'à venir',
    level: (level: number) => ['', 'débutant', 'intermédiaire', 'avancé', 'expert'][level] ?? '',
    glossary: 'Glossaire',
    labs: 'Labs',
    byNeed: 'Par besoin',
    resume: 'Reprendre',
    help: 'Raccourcis',
    cellsDone: (done: number) => plural(done, 'cellule exécutée', 'cellules exécutées'),
    editSource: 'Texte et code sous licence MIT, sans garantie.',
  },
  cell: {
    run: 'Exécuter',
    running: 'En cours…',
    stop: 'Arrêter',
    edit: 'Modifier le code',
    reset: 'Revenir au code du cours',
    copy: 'Copier',
    copied: 'Copié',
    clear: 'Effacer la sortie',
    above: 'Exécuter tout jusqu’ici',
    more: 'Autres actions',
    language: { typescript: 'TypeScript', python: 'Python', go: 'Go' } as Record<string, string>,
    languages: 'Langage de la cellule',
    topology: {
      replica: 'sur un primaire et son réplica',
      sentinel: 'sur un primaire, deux réplicas, trois Sentinels',
      cluster: 'sur un Cluster de trois primaires',
      regions: 'sur deux régions',
    } as Record<string, string>,
    topologyWhy:
      'Cette cellule a ses propres Redis et son propre noyau, à part de ceux de la page. Ils démarrent vides et s’arrêtent quelques minutes après sa dernière exécution.',
    missingLanguage: (language: string) =>
      `${language} n’est pas installé sur ce serveur : cette version se lit, mais ne s’exécute pas.`,
    queued: (place: number) => `En file${space}: ${place === 1 ? '1re' : `${place}e`}`,
    resting: (seconds: number) =>
      `Vos cellules ont affiché plus que leur part${space}: celle-ci partira dans ${seconds}${space}s environ`,
    started: 'En cours',
    done: (ms: number) => `Terminée en ${duration(ms)}`,
    failed: (line: number | undefined) =>
      line === undefined ? 'Erreur dans le code' : `Erreur à la ligne ${line}`,
    interrupted: 'Arrêtée',
    limit: 'Limite atteinte',
    ended: 'Le noyau s’est arrêté',
    platform: 'Panne de la plateforme',
    offline: 'Hors ligne',
    offlineRun: {
      code: 'offline',
      fact: 'Vous êtes hors ligne : cette cellule n’a pas été exécutée.',
      next: 'Votre code est gardé. Relancez-la dès que la connexion revient.',
    },
    lost: {
      code: 'lost',
      fact: 'La connexion a été perdue pendant l’exécution : la fin de la sortie manque.',
      next: 'Relancez la cellule.',
    },
    staleWhy: (names: string) => `${names} a changé depuis : relancez la cellule`,
    edited: 'Modifiée depuis',
    execution: (index: number) => `Exécution numéro ${index}`,
    neverRun: 'Jamais exécutée',
    output: 'Sortie de la cellule',
    shows: { failure: 'Panne', alternative: 'Alternative' } as Record<string, string>,
    shown: 'Sortie attendue',
    varies: 'aux chiffres près',
    plotted: (title: string | undefined, series: string[]) =>
      `Tracé : ${[title, series.filter(Boolean).join(', ')].filter(Boolean).join(' — ')}. Exécutez la cellule pour le voir.`,
    code: (title: string) => `Code : ${title}`,
    conflict: 'Le code du cours a changé depuis votre modification.',
    mine: 'Garder ma version',
    theirs: 'Prendre la nouvelle version',
    loading: 'L’éditeur arrive…',
    editorFailed: 'L’éditeur complet n’a pas pu être chargé : vous pouvez modifier le code ici.',
  },
  output: {
    folded: (lines: number) => `Afficher les ${count(lines)} lignes restantes`,
    truncated: 'Sortie coupée : elle dépassait ce qu’une exécution peut dire. Affichez moins, ou résumez.',
    cut: (bytes: number) => `… ${size(bytes)} de plus, non affichés`,
    more: (items: number) => `… ${count(items)} de plus`,
    sortBy: (column: string) => `Trier par ${column}`,
    rows: (rows: number) => plural(rows, 'ligne'),
    allRows: (rows: number) => `Afficher les ${count(rows)} lignes`,
    index: '(rang)',
    plotTable: 'Voir les valeurs',
    series: 'Série',
    occurrences: 'occurrences',
    stack: 'Pile d’appels',
    line: (line: number, cell?: string) => (cell ? `${cell}, ligne ${line}` : `ligne ${line}`),
    goToLine: 'Aller à la ligne',
  },
  trace: {
    summary: (roundTrips: number, commands: number, ms: number) =>
      `${plural(roundTrips, 'aller-retour', 'allers-retours')} · ${plural(commands, 'commande')} · ${duration(ms)}`,
    none: 'Redis n’a rien reçu',
    title: 'Ce que Redis a vu',
    findings: (found: number) => plural(found, 'conseil'),
    changes: (changes: number) => plural(changes, 'clé touchée', 'clés touchées'),
    timeline: 'Frise des commandes',
    totals: 'Par commande',
    command: 'Commande',
    calls: 'Appels',
    time: 'Durée',
    start: 'Début',
    bytes: 'Octets',
    reply: 'Réponse',
    replyOf: (command: string) => `Réponse de ${command}`,
    roundTrip: (index: number) => `aller-retour ${index}`,
    rest: (left: number) => `… ${count(left)} commandes de plus, comptées mais non détaillées`,
    moreRows: (left: number) => `Afficher ${count(left)} commandes de plus`,
    connections: (connections: number) => plural(connections, 'connexion'),
    traffic: (up: number, down: number) => `${size(up)} envoyés, ${size(down)} reçus`,
    errors: (errors: number) => plural(errors, 'erreur'),
    keyspace: 'Ce qui a changé dans Redis',
    unchanged: 'Aucune clé n’a changé.',
    unseen: 'Plusieurs nœuds tiennent les clés : ce qui y a changé n’est pas relevé.',
    node: (port: number) => `nœud ${port}`,
    created: 'créée',
    changed: 'modifiée',
    deleted: 'supprimée',
    more: (more: number) => `… et ${count(more)} autres clés`,
    before: 'Avant',
    after: 'Après',
    remedy: 'Remède',
  },
  keys: {
    title: 'Clés',
    pattern: 'Motif',
    refresh: 'Actualiser',
    empty: 'Aucune clé ne correspond. Exécutez une cellule, ou changez le motif.',
    total: (total: number) => plural(total, 'clé'),
    more: 'Clés suivantes',
    gone: 'Cette clé n’existe plus : elle a expiré ou a été supprimée.',
    back: 'Retour à la liste',
    noTtl: 'sans expiration',
    ttl: (ms: number) => `expire dans ${duration(ms)}`,
    ttlChange: (before: string, after: string) => `expiration${space}: ${before} → ${after}`,
    length: (type: string, length: number) =>
      type === 'string' || type === 'ReJSON-RL' ? size(length) : plural(length, 'élément'),
    memory: (bytes: number) => `${size(bytes)} en mémoire`,
    field: 'Champ',
    value: 'Valeur',
    member: 'Membre',
    score: 'Score',
    rank: 'Rang',
    time: 'secondes depuis le premier point',
    id: 'Identifiant',
    closed: 'Redis démarre à la première exécution : il n’y a encore aucune clé à montrer.',
    unanswered: 'Le serveur n’a pas répondu. Réessayez.',
  },
  terminal: {
    title: 'Terminal',
    open: 'Ouvrir le terminal',
    close: 'Fermer le panneau',
    resize: 'Largeur du panneau (flèches gauche et droite)',
    ended: 'La session est terminée.',
    restart: 'Ouvrir une nouvelle session',
    starting: 'redis-cli démarre…',
    offline: 'Hors ligne : le terminal reprendra avec la connexion.',
    label: 'Terminal redis-cli',
    help: 'Tapez une commande : ce qu’elle attend et ce qu’elle coûte s’affiche ici.',
    helpLabel: 'Aide de la commande',
    leave: 'Échap deux fois pour quitter le terminal au clavier',
  },
  takeAway: {
    title: 'Emporter ce chapitre',
    kinds: {
      '-python.ipynb': 'Carnet Python (.ipynb)',
      '-typescript.ipynb': 'Carnet TypeScript (.ipynb, Deno)',
      '.zip': 'Projet complet (.zip)',
    } as Record<string, string>,
    what: 'Vos modifications y sont. Chez vous : « npm install », puis « npm start ».',
  },
  commands: {
    group: {
      string: 'Chaînes',
      hash: 'Hash',
      list: 'Listes',
      set: 'Ensembles',
      'sorted-set': 'Ensembles triés',
      stream: 'Streams',
      generic: 'Clés',
      geo: 'Géographie',
      bitmap: 'Bitmaps',
      hyperloglog: 'HyperLogLog',
      pubsub: 'Pub/Sub',
      scripting: 'Scripts',
      transactions: 'Transactions',
      connection: 'Connexion',
      server: 'Serveur',
      cluster: 'Cluster',
      ReJSON: 'Module JSON',
      search: 'Module de recherche',
      timeseries: 'Module de séries temporelles',
      bf: 'Module probabiliste',
    } as Record<string, string>,
    complexity: (text: string) => `complexité${space}: ${text}`,
    since: (version: string) => `depuis Redis ${version}`,
    writes: 'écrit',
    reads: 'n’écrit pas',
    arity: (words: number) => (words < 0 ? `au moins ${plural(-words, 'mot')}` : plural(words, 'mot')),
    deprecated: (version: string) => `déconseillée depuis ${version}`,
    manual: 'Manuel',
  },
  lesson: {
    bar: 'Établi : ce que vous pouvez faire de cette leçon',
    runAll: 'Tout exécuter',
    runAllTitle: 'Redémarrer, puis exécuter toutes les cellules de la page',
    stopAll: 'Arrêter',
    restart: 'Redémarrer',
    restartTitle: 'Un noyau neuf : variables et connexions disparaissent, Redis reste',
    reset: 'Vider Redis',
    resetTitle: 'Un Redis neuf, avec les données de départ de la leçon',
    roundTrip: 'Aller-retour',
    roundTripTitle: 'Temps ajouté à chaque aller-retour vers Redis',
    fault: 'Panne',
    faultTitle: 'La panne que Redis simule, sans changer votre code',
    faults: {
      none: 'aucune',
      cut: 'connexion coupée',
      timeout: 'plus de réponse',
      noauth: 'NOAUTH',
      readonly: 'READONLY',
      oom: 'OOM',
      loading: 'LOADING',
    } as Record<string, string>,
    instance: {
      unknown: 'Redis attend',
      starting: 'Redis démarre…',
      ready: 'Redis est prêt',
      frozen: 'Redis dort',
      lost: 'Redis redémarre',
      stopped: 'Redis attend',
    } as Record<string, string>,
    instanceWhy: {
      unknown: 'Votre Redis démarre à la première exécution.',
      starting: 'Votre Redis démarre.',
      ready: 'Votre Redis répond.',
      frozen: 'Votre Redis est gelé, ses données gardées ; il se réveille au prochain clic.',
      lost: 'Votre Redis est tombé ; un autre le remplace.',
      stopped: 'Votre Redis est arrêté ; il redémarre au prochain clic.',
    } as Record<string, string>,
    link: {
      connecting: 'Connexion…',
      open: 'Connecté',
      waiting: (seconds: number) =>
        `Connexion perdue. Nouvel essai dans ${seconds}${space}s. Votre travail est gardé ici.`,
      back: 'Connexion rétablie : votre travail a été enregistré.',
      retry: 'Réessayer',
    },
    walls: (missing: string) =>
      `Isolation incomplète sur ce serveur${space}: ${missing}. À ne pas ouvrir au public.`,
  },
  lab: {
    verify: 'Vérifier',
    verifying: 'Vérification…',
    offline: {
      code: 'offline',
      fact: 'Vous êtes hors ligne : votre réponse n’a pas été vérifiée.',
      next: 'Elle est gardée ici. Recommencez dès que la connexion revient.',
    },
    queued: (place: number) => `En file${space}: ${place === 1 ? '1re' : `${place}e`}`,
    checks: 'Vérifications',
    hidden: 'Vérification cachée',
    points: (points: number, outOf: number) => `${points} / ${outOf} points`,
    state: { passed: 'réussie', failed: 'à revoir', 'not-checked': 'non vérifiée' } as Record<string, string>,
    axis: { correctness: 'Justesse', cost: 'Coût', robustness: 'Robustesse', latency: 'Latence' } as Record<
      string,
      string
    >,
    verdict: {
      passed: 'Réussi',
      'to-review': 'À revoir',
      'code-error': 'Erreur dans le code',
      limit: 'Limite atteinte',
      platform: 'Panne de la plateforme',
      inconclusive: 'Indéterminé',
    } as Record<string, string>,
    costTitle: 'Coût par opération',
    perOperation: 'par opération',
    roundTrips: 'Allers-retours',
    commands: 'Commandes',
    bytes: 'Octets',
    budget: (value: number) => `budget${space}: ${count(value)}`,
    latency: 'Latence',
    latencyTurn: 'Mesure en cours : le reste du verdict est déjà là.',
    latencyPlace: (place: number) =>
      `Mesure en file${space}: ${place === 1 ? '1re' : `${place}e`}. Le reste du verdict est déjà là.`,
    ratio: (point: number, low: number, high: number) =>
      `Votre code prend ${point.toLocaleString('fr-FR', { maximumFractionDigits: 2 })} fois le temps de la référence (intervalle à 95${space}%${space}: ${low.toLocaleString('fr-FR', { maximumFractionDigits: 2 })} à ${high.toLocaleString('fr-FR', { maximumFractionDigits: 2 })}).`,
    budgetRatio: (value: number) =>
      `Il réussit tant que la borne haute reste sous ${value.toLocaleString('fr-FR')}.`,
    control: (low: number, high: number) =>
      `Contrôle (la référence contre elle-même)${space}: ${low.toLocaleString('fr-FR', { maximumFractionDigits: 2 })} à ${high.toLocaleString('fr-FR', { maximumFractionDigits: 2 })}.`,
    load: (load: number) =>
      `Charge de la machine${space}: ${load.toLocaleString('fr-FR', { maximumFractionDigits: 2 })}.`,
    irregular: 'Temps irréguliers : c’est l’estimation centrale qui décide.',
    target: (ms: number) =>
      `Cible du chapitre (p99)${space}: ${duration(ms)}. Elle est montrée, elle ne décide pas.`,
    you: 'Votre code',
    reference: 'Référence',
    race: 'La course, dans l’ordre où elle s’est jouée',
    process: 'Processus',
    hints: 'Indices',
    hint: (level: number, cost = 0) =>
      `Indice ${level}${cost > 0 ? ` (coûte ${cost} point${cost > 1 ? 's' : ''})` : ''}`,
    solution: 'Voir la solution',
    solutionTitle: 'Une solution',
    difference: 'Votre code et la solution',
    attempts: 'Vos tentatives',
    noAttempt: 'Aucune tentative pour l’instant.',
    attemptAt: (at: number) =>
      new Date(at).toLocaleString('fr-FR', {
        day: 'numeric',
        month: 'long',
        hour: '2-digit',
        minute: '2-digit',
      }),
    reopen: 'Rouvrir',
    starter: 'Revenir au code de départ',
    contract: 'Contrat',
    answer: 'Votre réponse',
    solved: 'Lab réussi',
  },
  help: {
    title: 'Raccourcis clavier',
    inCell: 'Dans une cellule',
    everywhere: 'Partout',
    rows: [
      ['Maj + Entrée', 'Exécuter, puis passer à la cellule suivante'],
      ['Ctrl + Entrée', 'Exécuter'],
      ['Alt + Entrée', 'Exécuter, puis modifier la cellule suivante'],
      ['Entrée', 'Modifier le code'],
      ['Échap', 'Quitter l’éditeur'],
      ['I , I', 'Arrêter la cellule'],
      ['0 , 0', 'Redémarrer le noyau'],
      ['J , K', 'Cellule suivante, précédente'],
    ] as [string, string][],
    global: [
      ['Ctrl + K', 'Rechercher'],
      ['T', 'Terminal'],
      ['C', 'Clés'],
      ['?', 'Cette aide'],
    ] as [string, string][],
  },
} as const;

export { space, thin };
