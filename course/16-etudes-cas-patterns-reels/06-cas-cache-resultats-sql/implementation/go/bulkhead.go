// Une cloison : tant d'appels à la fois, tant qui attendent, et les autres sont refusés sur-le-champ.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package cache

import (
	"context"
	"errors"
)

// #region cloison

// ErrOverloaded dit que la base a plus de demandes qu'elle n'en peut servir : répondez 503, la file n'y gagnerait rien.
var ErrOverloaded = errors.New("la base a trop de requêtes en attente")

// Bulkhead protège la base du trafic que le cache retenait.
type Bulkhead struct{ room, places chan struct{} }

// NewBulkhead laisse passer `width` appels à la fois, et attendre `depth` autres.
func NewBulkhead(width, depth int) *Bulkhead {
	return &Bulkhead{make(chan struct{}, width+depth), make(chan struct{}, width)}
}

// Running compte les appels en cours.
func (bulkhead *Bulkhead) Running() int { return len(bulkhead.places) }

// Run attend une place, ou renonce avec le contexte.
func (bulkhead *Bulkhead) Run(ctx context.Context, action func() error) error {
	select {
	case bulkhead.room <- struct{}{}:
	default:
		return ErrOverloaded
	}
	defer func() { <-bulkhead.room }()
	select {
	case bulkhead.places <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-bulkhead.places }()
	return action()
}

// #endregion cloison
