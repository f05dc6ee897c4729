// Étape 2 : échéance absolue, index par compte, rotation, révocation.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package sessions

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"time"

	"github.com/redis/go-redis/v9"
)

// #region jeton

// Name est ce que dit un cookie : à qui est la session, et sous quelle empreinte Redis la range.
type Name struct{ Owner, ID string }

// L'accolade garde le document et l'index d'un compte sur le même nœud d'un cluster.
func (name Name) document() string { return fmt.Sprintf("session:{%s}:%s", name.Owner, name.ID) }

func indexKey(owner string) string { return fmt.Sprintf("sessions:{%s}", owner) }

var (
	tokenShape = regexp.MustCompile(`^([\w-]{1,32})\.([\w-]{22})$`)
	ownerShape = regexp.MustCompile(`^[\w-]{1,32}$`)
)

// NewToken tire un jeton neuf : 128 bits de hasard derrière une étiquette de compte qui n'est pas un secret.
func NewToken(owner string) (string, error) {
	if !ownerShape.MatchString(owner) {
		return "", fmt.Errorf("étiquette de compte invalide : %q", owner)
	}
	return owner + "." + randomText(), nil
}

// ParseToken lit un jeton reçu ; ErrDead s'il n'en a pas la forme. Redis ne voit que l'empreinte du secret.
func ParseToken(token string) (Name, error) {
	parts := tokenShape.FindStringSubmatch(token)
	if parts == nil {
		return Name{}, ErrDead
	}
	digest := sha256.Sum256([]byte(parts[2]))
	return Name{parts[1], base64.RawURLEncoding.EncodeToString(digest[:16])}, nil
}

// #endregion jeton

// Lifetimes règle les durées d'une session et ce qu'un compte peut en ouvrir.
type Lifetimes struct {
	Idle, Lifetime, Step time.Duration
	PerOwner             int
}

// DefaultLifetimes : trente minutes d'inactivité, douze heures au plus, une échéance réécrite par minute au plus.
var DefaultLifetimes = Lifetimes{30 * time.Minute, 12 * time.Hour, time.Minute, 20}

// Listed est une session telle que son propriétaire la voit dans « Mes appareils ».
type Listed struct {
	Device
	ID        string
	ExpiresIn time.Duration
}

// Store est le stockage des sessions d'un ensemble de serveurs.
type Store struct {
	client                      redis.UniversalClient
	lifetimes                   Lifetimes
	open, touch, rotate, revoke *redis.Script
}

// NewStore lit les scripts du dossier `lua-scripts` ; go-redis les appelle par empreinte.
func NewStore(client redis.UniversalClient, scripts fs.FS, lifetimes Lifetimes) (*Store, error) {
	store := &Store{client: client, lifetimes: lifetimes}
	for name, script := range map[string]**redis.Script{
		"open": &store.open, "touch": &store.touch, "rotate": &store.rotate, "revoke": &store.revoke,
	} {
		source, err := fs.ReadFile(scripts, name+".lua")
		if err != nil {
			return nil, err
		}
		*script = redis.NewScript(string(source))
	}
	return store, nil
}

// #region ouvrir

// Open ouvre une session sous ce jeton ; rejouer l'appel ne l'ouvre pas deux fois.
func (store *Store) Open(ctx context.Context, token string, session Session) error {
	name, err := ParseToken(token)
	if err != nil {
		return err
	}
	text, err := json.Marshal(session)
	if err != nil {
		return err
	}
	times := store.lifetimes
	return store.open.Run(ctx, store.client, []string{name.document(), indexKey(name.Owner)},
		name.ID, text, times.Idle.Milliseconds(), times.Lifetime.Milliseconds(), times.PerOwner).Err()
}

// #endregion ouvrir

// #region toucher

// Touch lit une session et fait glisser son échéance.
func (store *Store) Touch(ctx context.Context, token string) (*Session, error) {
	name, err := ParseToken(token)
	if err != nil {
		return nil, err
	}
	keys := []string{name.document(), indexKey(name.Owner)}
	return parse(store.touch.Run(ctx, store.client, keys,
		name.ID, store.lifetimes.Idle.Milliseconds(), store.lifetimes.Step.Milliseconds()))
}

// #endregion toucher

// #region ecrire

// SetPreference remplace une préférence sans relire la session. Rejouable.
func (store *Store) SetPreference(ctx context.Context, token, preference, value string) error {
	name, err := ParseToken(token)
	if err != nil {
		return err
	}
	path, err := pathTo("prefs", preference)
	if err != nil {
		return err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if err := store.client.Do(ctx, "JSON.SET", name.document(), path, text).Err(); isDead(err) {
		return ErrDead
	} else if !errors.Is(err, redis.Nil) {
		return err
	}
	return nil
}

// AddToCart ajoute un livre au panier et rend la quantité. Rejoué, il compte deux fois.
func (store *Store) AddToCart(ctx context.Context, token, book string, quantity int) (int, error) {
	name, err := ParseToken(token)
	if err != nil {
		return 0, err
	}
	return addAt(ctx, store.client, name.document(), book, quantity)
}

// #endregion ecrire

// #region renouveler

// Rotate change l'identifiant d'une session du même compte (élévation de droits) et rend le nouveau jeton.
func (store *Store) Rotate(ctx context.Context, token string) (string, error) {
	old, err := ParseToken(token)
	if err != nil {
		return "", err
	}
	renewed, err := NewToken(old.Owner)
	if err != nil {
		return "", err
	}
	name, _ := ParseToken(renewed)
	keys := []string{old.document(), name.document(), indexKey(old.Owner)}
	moved, err := store.rotate.Run(ctx, store.client, keys, old.ID, name.ID).Int()
	if err == nil && moved == 0 {
		err = ErrDead
	}
	return renewed, err
}

// Login connecte un visiteur : session neuve sous ce jeton, avec son panier ; l'ancien identifiant meurt.
func (store *Store) Login(ctx context.Context, anonymous, token string) error {
	visitor, err := store.Touch(ctx, anonymous)
	if err != nil {
		return err
	}
	name, err := ParseToken(token)
	if err != nil {
		return err
	}
	visitor.User = &name.Owner
	if err := store.Open(ctx, token, *visitor); err != nil {
		return err
	}
	last, err := store.take(ctx, anonymous)
	if errors.Is(err, ErrDead) {
		return nil
	}
	if err != nil {
		return err
	}
	for book, quantity := range last.Cart { // un autre onglet a pu remplir le panier entre-temps
		if missed := quantity - visitor.Cart[book]; missed > 0 {
			if _, err := store.AddToCart(ctx, token, book, missed); err != nil {
				return err
			}
		}
	}
	return nil
}

// #endregion renouveler

// #region fermer

// Close ferme une session ; fermer une session morte n'est pas une erreur.
func (store *Store) Close(ctx context.Context, token string) error {
	if _, err := store.take(ctx, token); err != nil && !errors.Is(err, ErrDead) {
		return err
	}
	return nil
}

// CloseAll déconnecte un compte partout, sauf `kept` s'il n'est pas vide, et rend le nombre de sessions révoquées.
func (store *Store) CloseAll(ctx context.Context, owner, kept string) (int, error) {
	var keptName Name
	if kept != "" {
		var err error
		if keptName, err = ParseToken(kept); err != nil {
			return 0, err
		}
	}
	ids, err := store.revoke.Run(ctx, store.client, []string{indexKey(owner)}, keptName.ID).StringSlice()
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = Name{owner, id}.document()
	}
	return len(ids), store.client.Unlink(ctx, keys...).Err()
}

// #endregion fermer

// #region lister

// List rend les appareils connectés d'un compte, sans parcourir les clés ; les sessions expirées n'y figurent plus.
func (store *Store) List(ctx context.Context, owner string) ([]Listed, error) {
	ids, err := store.client.ZRange(ctx, indexKey(owner), 0, -1).Result()
	if err != nil {
		return nil, err
	}
	devices, deadlines := make([]*redis.Cmd, len(ids)), make([]*redis.DurationCmd, len(ids))
	_, err = store.client.Pipelined(ctx, func(reading redis.Pipeliner) error {
		for i, id := range ids {
			key := Name{owner, id}.document()
			devices[i] = reading.Do(ctx, "JSON.GET", key, ".device")
			deadlines[i] = reading.PTTL(ctx, key)
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, err
	}
	var listed []Listed
	for i, id := range ids {
		text, err := devices[i].Text()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return nil, err
		}
		one := Listed{ID: id, ExpiresIn: deadlines[i].Val()}
		if err := json.Unmarshal([]byte(text), &one.Device); err != nil {
			return nil, err
		}
		listed = append(listed, one)
	}
	return listed, nil
}

// #endregion lister

// take retire une session et rend son dernier état : rien ne s'y écrit entre la lecture et la suppression.
func (store *Store) take(ctx context.Context, token string) (*Session, error) {
	name, err := ParseToken(token)
	if err != nil {
		return nil, err
	}
	var document *redis.Cmd
	err = inOneBlock(ctx, store.client, func(block redis.Pipeliner) {
		block.ZRem(ctx, indexKey(name.Owner), name.ID)
		document = block.Do(ctx, "JSON.GET", name.document())
		block.Unlink(ctx, name.document())
	})
	if err != nil {
		return nil, err
	}
	return parse(document)
}
