// Étape 1 : un client qui échoue vite, et une erreur qui dit ce que l'on sait.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

// Package cantine débite des cartes et montre des menus, que Redis réponde ou non.
package cantine

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// ErrUnknownCard dit que la carte n'existe pas ; un solde de zéro, lui, est un solde.
var ErrUnknownCard = errors.New("carte inconnue")

// #region connexion

// Connect ouvre un client qui ne rejoue rien : go-redis rejoue trois fois, et compose cinq fois, si on le laisse faire.
func Connect(url string, dial, command time.Duration, pool int) (*redis.Client, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, err
	}
	options.DialTimeout = dial
	options.ReadTimeout, options.WriteTimeout = command, command
	options.PoolSize, options.MinIdleConns, options.PoolTimeout = pool, 10, command
	options.MaxRetries = -1
	options.DialerRetries = 1
	options.ContextTimeoutEnabled = true // l'échéance du contexte vaut aussi pour les octets
	return redis.NewClient(options), nil
}

// #endregion connexion

// #region essai

// once est un essai, un seul : la réponse, ou une panne qui a un nom.
func once[T any](action func() (T, error)) (T, error) {
	reply, err := action()
	if err == nil || errors.Is(err, redis.Nil) {
		return reply, err
	}
	if failure := FailureOf(err); failure != Defect {
		return reply, &CallFailed{failure, err}
	}
	return reply, err // un défaut de notre code ne se déguise pas en panne
}

// #endregion essai

// Canteen est la cantine sans filet : chaque appel est essayé une fois.
type Canteen struct{ Client *redis.Client }

// Menu rend le menu d'un jour ; vide s'il n'y en a pas.
func (canteen Canteen) Menu(ctx context.Context, day string) (map[string]string, error) {
	return once(func() (map[string]string, error) { return canteen.Client.HGetAll(ctx, menuKey(day)).Result() })
}

// Balance rend le solde d'une carte, en centimes, ou ErrUnknownCard.
func (canteen Canteen) Balance(ctx context.Context, card string) (int64, error) {
	cents, err := once(func() (int64, error) { return canteen.Client.Get(ctx, cardKey(card)).Int64() })
	if errors.Is(err, redis.Nil) {
		return 0, ErrUnknownCard
	}
	return cents, err
}

// Debit débite et rend le nouveau solde. Après Lost ou Timeout, personne ne sait si la carte l'a été.
func (canteen Canteen) Debit(ctx context.Context, card string, cents int64) (int64, error) {
	return once(func() (int64, error) { return canteen.Client.DecrBy(ctx, cardKey(card), cents).Result() })
}

func menuKey(day string) string  { return "menu:" + day }
func cardKey(card string) string { return "carte:{" + card + "}" }
