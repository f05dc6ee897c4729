// Cache de résultats SQL : la source, une table de 120 000 ventes tirées d'une graine fixe.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
//
// La bibliothèque de Go ne contient pas de base SQL, et un pilote serait une dépendance de plus. Le cache ne connaît sa
// source que par une fonction : ici, un parcours complet de la même table, ligne à ligne, avec le même résultat que le SQL
// des deux autres langages. Chez vous, mettez-y database/sql.

package cache

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

// #region table
type book struct {
	title        string
	shelf, price int
}

type sale struct{ book, city, day, quantity int }

// Sales est la table des ventes ; ses requêtes se font une à une, comme devant un serveur à un cœur.
type Sales struct {
	lock    sync.Mutex
	books   []book
	sales   []sale
	Queries atomic.Int64
}

// NewSales tire deux mille livres et deux ans de ventes ; le hasard est une suite congruentielle, toujours la même.
func NewSales() *Sales {
	table := &Sales{}
	for i := range 2000 {
		table.books = append(table.books, book{fmt.Sprintf("livre-%04d", i), i % 12, 500 + i*7919%3000})
	}
	for i, x := 0, 42; i < 120_000; i, x = i+1, (x*1103515245+12345)%2147483648 {
		table.sales = append(table.sales, sale{(x >> 8) % 2000, (x >> 20) % 8, i * 730 / 120_000, 1 + (x>>16)%3})
	}
	return table
}

// #endregion table

// BestSeller est une ligne du palmarès.
type BestSeller struct {
	Shelf   int     `json:"shelf"`
	Place   int     `json:"place"`
	Title   string  `json:"title"`
	Copies  int     `json:"copies"`
	Revenue int     `json:"revenue"`
	Share   float64 `json:"share"`
}

// #region requete

// BestSellers rend les trois meilleures ventes de chaque rayon dans une ville, sur tant de jours, avec leur part du rayon.
func (table *Sales) BestSellers(city, days int) []BestSeller {
	table.lock.Lock()
	defer table.lock.Unlock()
	table.Queries.Add(1)
	counted := map[int]*BestSeller{}
	for _, one := range table.sales {
		if one.city != city || one.day < 730-days {
			continue
		}
		sold := table.books[one.book]
		line, found := counted[one.book]
		if !found {
			line = &BestSeller{Shelf: sold.shelf, Title: sold.title}
			counted[one.book] = line
		}
		line.Copies += one.quantity
		line.Revenue += one.quantity * sold.price
	}
	totals, lines := map[int]int{}, []*BestSeller{}
	for _, line := range counted {
		totals[line.Shelf] += line.Copies
		lines = append(lines, line)
	}
	slices.SortFunc(lines, func(a, b *BestSeller) int {
		return cmp.Or(cmp.Compare(a.Shelf, b.Shelf), cmp.Compare(b.Copies, a.Copies), cmp.Compare(a.Title, b.Title))
	})
	best, places := []BestSeller{}, map[int]int{}
	for _, line := range lines {
		places[line.Shelf]++
		line.Place = places[line.Shelf]
		line.Share = math.Round(1000*float64(line.Copies)/float64(totals[line.Shelf])) / 10
		if line.Place <= 3 {
			best = append(best, *line)
		}
	}
	return best
}

// Sell enregistre une vente : ce qui rend le palmarès de la ville faux.
func (table *Sales) Sell(book, city, quantity int) {
	table.lock.Lock()
	defer table.lock.Unlock()
	table.sales = append(table.sales, sale{book, city, 729, quantity})
}

// Copies compte les exemplaires vendus dans une ville.
func (table *Sales) Copies(city int) int {
	table.lock.Lock()
	defer table.lock.Unlock()
	total := 0
	for _, one := range table.sales {
		if one.city == city {
			total += one.quantity
		}
	}
	return total
}

// #endregion requete
