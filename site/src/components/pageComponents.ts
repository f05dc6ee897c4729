/** What a page of the course may use without importing it. */
import Attention from './Attention.astro';
import Cell from './Cell.astro';
import Cibles from './Cibles.astro';
import Decision from './Decision.astro';
import Details from './Details.astro';
import Diagram from './Diagram.astro';
import Erreur from './Erreur.astro';
import FileCode from './FileCode.astro';
import Lab from './Lab.astro';
import Note from './Note.astro';
import Objectif from './Objectif.astro';
import Plot from './Plot.astro';
import Principe from './Principe.astro';
import Table from './Table.astro';
import Terme from './Terme.astro';

/** Authors' components and those the Markdown plugin writes; `table` makes every table scroll on a phone. */
export const pageComponents = {
  Attention,
  Cell,
  Cibles,
  Decision,
  Details,
  Diagram,
  Erreur,
  FileCode,
  Lab,
  Note,
  Objectif,
  Plot,
  Principe,
  Terme,
  table: Table,
};
