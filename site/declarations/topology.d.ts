/** Un nœud, par son port, ou le premier qui tient ce rôle. */
type AtelierNode = number | 'primary' | 'replica';

/** Ce qui arrive aux Redis d'une cellule qui en a plusieurs. Les pannes sont vraies. */
declare const topology: {
  /** Les nœuds qui tiennent des clés, et ce que chacun croit être. */
  nodes(): Promise<{ port: number; role: 'primary' | 'replica' | 'down' }[]>;
  /** Le port du primaire ; dans un Cluster, de celui qui tient cette clé. */
  primary(key?: string): Promise<number>;
  /** Tue un nœud d'un coup, comme une coupure de courant. */
  kill(node: AtelierNode): Promise<void>;
  /** Le redémarre, vide. */
  revive(node: AtelierNode): Promise<void>;
  /** Le fige : il garde ses connexions et ne répond à personne. */
  hang(node: AtelierNode): Promise<void>;
  /** Le réveille. */
  wake(node: AtelierNode): Promise<void>;
  /** Le coupe des autres nœuds ; vos clients l'atteignent encore. */
  isolate(node: AtelierNode): Promise<void>;
  /** Règle l'aller-retour entre les nœuds, en millisecondes ; null les coupe les uns des autres. */
  link(ms: number | null): Promise<void>;
  /** Fait d'un réplica le primaire, comme le ferait un opérateur. */
  promote(node: AtelierNode): Promise<void>;
  /** Attend qu'un autre nœud ait pris la place de ce primaire, et donne son port. */
  successor(former: number, key?: string): Promise<number>;
  /** Tue le primaire (de cette clé) et attend le suivant. */
  failover(key?: string): Promise<{ from: number; to: number }>;
  /** Rend tous les nœuds et tous les liens ; les rôles restent comme ils sont. */
  mend(): Promise<void>;
};
