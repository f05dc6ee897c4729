// Cache de résultats SQL, étape 2 : étiquettes, un seul calcul à la fois, renouvellement avant l'échéance, préchauffage.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package cache

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	random "math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// #region recette

// Recipe est une requête mise en cache : son nom, les étiquettes dont elle dépend, et la façon de la refaire.
type Recipe[T any] struct {
	Key  string
	Tags []string
	Load func(context.Context) (T, error)
}

// Origin dit d'où vient un résultat ; les deux derniers n'existent qu'en production.
type Origin string

const (
	Fresh    Origin = "fresh"
	Stale    Origin = "stale" // on est en train de le refaire
	Computed Origin = "computed"
	Copy     Origin = "copy"
	Bypass   Origin = "bypass"
)

// Ages sont les durées : au-delà de Fresh, on refait ; au-delà de Kept, il ne reste rien à servir.
type Ages struct {
	Fresh, Kept, Tag, Lock, Wait time.Duration
	Beta                         float64
}

// DefaultAges sont les durées de départ.
var DefaultAges = Ages{5 * time.Minute, time.Hour, 24 * time.Hour, 10 * time.Second, 5 * time.Second, 1}

// #endregion recette

// entry est ce que Redis garde : la valeur, les tampons, la fin de la fraîcheur, et le temps que le calcul a coûté, en ms.
type entry struct {
	Value      json.RawMessage `json:"v"`
	Stamps     []string        `json:"s"`
	FreshUntil int64           `json:"u"`
	Cost       float64         `json:"d"`
}

// parse ne rend une entrée que si elle porte le tampon actuel de chacune de ses étiquettes.
func parse(text any, stamps []any) *entry {
	source, found := text.(string)
	var parsed entry
	if !found || json.Unmarshal([]byte(source), &parsed) != nil || len(parsed.Stamps) != len(stamps) {
		return nil
	}
	for rank, stamp := range stamps {
		if stamp != parsed.Stamps[rank] {
			return nil
		}
	}
	return &parsed
}

// caller fait un appel à Redis ; la troisième étape y met ses essais, son disjoncteur et ses mesures.
type caller func(ctx context.Context, operation string, repeatable bool, action func() error) error

// QueryCache est le cache d'un serveur. Il ne connaît pas la base : chaque recette apporte sa requête.
type QueryCache struct {
	Client         redis.UniversalClient
	Ages           Ages
	store, release *redis.Script
	call           caller
	unsaved        func(error)
	lock           sync.Mutex
	computing      map[string]chan struct{}
	background     sync.WaitGroup
}

// NewQueryCache lit ses deux scripts dans le dossier donné.
func NewQueryCache(client redis.UniversalClient, scripts fs.FS, ages Ages) (*QueryCache, error) {
	store, err := fs.ReadFile(scripts, "store.lua")
	release, other := fs.ReadFile(scripts, "release.lua")
	if err := errors.Join(err, other); err != nil {
		return nil, err
	}
	return &QueryCache{
		Client: client, Ages: ages, store: redis.NewScript(string(store)), release: redis.NewScript(string(release)),
		call:    func(_ context.Context, _ string, _ bool, action func() error) error { return action() },
		unsaved: func(error) {}, computing: map[string]chan struct{}{},
	}, nil
}

func tagKeys(tags []string) []string {
	keys := make([]string, len(tags))
	for rank, tag := range tags {
		keys[rank] = "tag:" + tag
	}
	return keys
}

// #region lire

// Get rend un résultat aussi vieux que sa dernière invalidation l'autorise, jamais plus.
func Get[T any](ctx context.Context, cache *QueryCache, recipe Recipe[T]) (T, Origin, error) {
	var value T
	found, err := cache.read(ctx, recipe.Key, recipe.Tags)
	if err != nil {
		return value, "", err
	}
	if found == nil {
		return compute(ctx, cache, recipe)
	}
	// XFetch : plus l'échéance approche, et plus le calcul est long, plus l'un de nous a de chances de s'en charger.
	early := -math.Log(1-random.Float64()) * found.Cost * cache.Ages.Beta
	now := time.Now().UnixMilli()
	if float64(now)+early >= float64(found.FreshUntil) {
		renew(cache, recipe, found)
	}
	origin := Fresh
	if now >= found.FreshUntil {
		origin = Stale
	}
	return value, origin, json.Unmarshal(found.Value, &value)
}

// read lit l'entrée et les tampons actuels en un aller-retour ; nil si un tampon manque ou a changé.
func (cache *QueryCache) read(ctx context.Context, key string, tags []string) (*entry, error) {
	var replies []any
	err := cache.call(ctx, "read", true, func() (err error) {
		replies, err = cache.Client.MGet(ctx, append([]string{key}, tagKeys(tags)...)...).Result()
		return err
	})
	if err != nil {
		return nil, err
	}
	return parse(replies[0], replies[1:]), nil
}

// #endregion lire

// #region invalider

// Invalidate s'appelle après le COMMIT : tout ce qui porte l'une de ces étiquettes cesse de valoir. Rejouable.
func (cache *QueryCache) Invalidate(ctx context.Context, tags ...string) error {
	return cache.call(ctx, "invalidate", true, func() error { return cache.Client.Unlink(ctx, tagKeys(tags)...).Err() })
}

// #endregion invalider

// #region calculer

// compute calcule, ou attend celui qui calcule : dans ce processus d'abord, chez les autres serveurs ensuite.
func compute[T any](ctx context.Context, cache *QueryCache, recipe Recipe[T]) (T, Origin, error) {
	var value T
	for end := time.Now().Add(cache.Ages.Wait); time.Now().Before(end); {
		leader, ours := cache.lead(recipe.Key)
		wait := time.Until(end)
		if ours {
			value, origin, done, err := finish(ctx, cache, recipe, nil)
			if done || err != nil {
				return value, origin, err
			}
			leader, wait = nil, 15*time.Millisecond+random.N(20*time.Millisecond)
		}
		// Le meneur a pu commencer avant une invalidation que nous devons voir : on relit, on ne partage pas sa réponse.
		select {
		case <-leader:
		case <-time.After(wait):
		case <-ctx.Done():
			return value, "", ctx.Err()
		}
		found, err := cache.read(ctx, recipe.Key, recipe.Tags)
		if err != nil {
			return value, "", err
		}
		if found != nil {
			return value, Fresh, json.Unmarshal(found.Value, &value)
		}
	}
	value, err := recipe.Load(ctx) // celui qui calcule est lent ou mort : sans lui
	return value, Computed, err
}

// lead rend le calcul en cours dans ce processus, ou une place pour le mener.
func (cache *QueryCache) lead(key string) (leader chan struct{}, ours bool) {
	cache.lock.Lock()
	defer cache.lock.Unlock()
	if leader, found := cache.computing[key]; found {
		return leader, false
	}
	leader = make(chan struct{})
	cache.computing[key] = leader
	return leader, true
}

func finish[T any](ctx context.Context, cache *QueryCache, recipe Recipe[T], seen *entry) (T, Origin, bool, error) {
	defer func() {
		cache.lock.Lock()
		defer cache.lock.Unlock()
		close(cache.computing[recipe.Key])
		delete(cache.computing, recipe.Key)
	}()
	return attempt(ctx, cache, recipe, seen)
}

// attempt prend le verrou, lit les tampons avant la base, calcule et range ; `done` est faux si un autre a le verrou.
func attempt[T any](ctx context.Context, cache *QueryCache, recipe Recipe[T], seen *entry) (value T, origin Origin, done bool, err error) {
	token, lock := rand.Text(), "lock:"+recipe.Key
	held, err := cache.claim(ctx, recipe.Key, recipe.Tags, lock, token)
	if err != nil || !held.taken {
		return value, "", false, err
	}
	free := func() error {
		return cache.call(ctx, "release", true, func() error {
			return cache.release.Run(ctx, cache.Client, []string{lock}, token).Err()
		})
	}
	if present := parse(held.text, held.stamps); present != nil && (seen == nil || present.FreshUntil != seen.FreshUntil) {
		// Un autre a rangé entre notre lecture et notre verrou : il n'y a plus rien à calculer.
		if err := free(); err != nil {
			cache.unsaved(err)
		}
		return value, Fresh, true, json.Unmarshal(present.Value, &value)
	}
	start := time.Now()
	if value, err = recipe.Load(ctx); err != nil {
		if err := free(); err != nil {
			cache.unsaved(err)
		}
		return value, "", false, err
	}
	// Ranger échoue sans gêner personne : la valeur est là, on la rend.
	if err := cache.keep(ctx, recipe.Key, lock, token, held.stamps, value, time.Since(start)); err != nil {
		cache.unsaved(err)
	}
	return value, Computed, true, nil
}

func (cache *QueryCache) keep(ctx context.Context, key, lock, token string, stamps []any, value any, cost time.Duration) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	spread := 0.9 + 0.2*random.Float64() // deux entrées nées ensemble ne vieillissent pas ensemble
	made := entry{Value: body, FreshUntil: time.Now().UnixMilli() + int64(float64(cache.Ages.Fresh.Milliseconds())*spread),
		Cost: float64(cost.Microseconds()) / 1000, Stamps: []string{}}
	for _, stamp := range stamps {
		made.Stamps = append(made.Stamps, stamp.(string))
	}
	text, err := json.Marshal(made)
	if err != nil {
		return err
	}
	return cache.call(ctx, "store", false, func() error {
		return cache.store.Run(ctx, cache.Client, []string{key, lock}, token, text, cache.Ages.Kept.Milliseconds()).Err()
	})
}

type claimed struct {
	taken  bool
	text   any
	stamps []any
}

// claim demande en un aller-retour : le verrou, ce qui est rangé, et le tampon de chaque étiquette, créé s'il manque.
func (cache *QueryCache) claim(ctx context.Context, key string, tags []string, lock, token string) (held claimed, err error) {
	proposed := make([]string, len(tags))
	for rank := range proposed {
		proposed[rank] = rand.Text()
	}
	err = cache.call(ctx, "claim", true, func() error {
		// SET NX GET rend l'ancienne valeur, ou rien si la nôtre vient d'être posée.
		replies, err := cache.Client.Pipelined(ctx, func(block redis.Pipeliner) error {
			block.Do(ctx, "SET", lock, token, "PX", cache.Ages.Lock.Milliseconds(), "NX", "GET")
			block.Do(ctx, "GET", key)
			for rank, name := range tagKeys(tags) {
				block.Do(ctx, "SET", name, proposed[rank], "PX", cache.Ages.Tag.Milliseconds(), "NX", "GET")
			}
			return nil
		})
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		values := make([]any, len(replies))
		for rank, reply := range replies {
			value, err := reply.(*redis.Cmd).Result()
			if err != nil && !errors.Is(err, redis.Nil) {
				return err
			}
			values[rank] = value
		}
		// Le détenteur peut être nous-mêmes : un premier essai dont la réponse s'est perdue.
		held.taken, held.text = values[0] == nil || values[0] == token, values[1]
		held.stamps = slices.Clone(values[2:])
		for rank, old := range held.stamps {
			if old == nil {
				held.stamps[rank] = proposed[rank]
			}
		}
		return nil
	})
	return held, err
}

// #endregion calculer

// #region fond

// renew refait en arrière-plan ce que l'on vient de servir ; le verrou écarte les autres.
func renew[T any](cache *QueryCache, recipe Recipe[T], seen *entry) {
	if _, ours := cache.lead(recipe.Key); !ours {
		return
	}
	cache.background.Add(1)
	go func() {
		defer cache.background.Done()
		ctx, cancel := context.WithTimeout(context.Background(), cache.Ages.Lock)
		defer cancel()
		if _, _, _, err := finish(ctx, cache, recipe, seen); err != nil {
			cache.unsaved(err)
		}
	}()
}

// Settle attend les renouvellements en cours.
func (cache *QueryCache) Settle() { cache.background.Wait() }

// #endregion fond

// #region prechauffer

// Warm remplit le cache avant d'ouvrir les portes, `width` requêtes à la fois ; rend le nombre de celles qui ont abouti.
func Warm[T any](ctx context.Context, cache *QueryCache, recipes []Recipe[T], width int) int {
	left, results := make(chan Recipe[T]), make(chan bool)
	for range width {
		go func() {
			for recipe := range left {
				_, _, err := Get(ctx, cache, recipe)
				results <- err == nil
			}
		}()
	}
	go func() {
		defer close(left)
		for _, recipe := range recipes {
			left <- recipe
		}
	}()
	done := 0
	for range recipes {
		if <-results {
			done++
		}
	}
	return done
}

// #endregion prechauffer
