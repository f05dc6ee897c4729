// Package sessions est un stockage de sessions sur RedisJSON, en trois étapes.
// Étape 1 : un document par session, une échéance qui glisse.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.
package sessions

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Session est ce que Feuillets garde d'un visiteur entre deux requêtes.
type Session struct {
	User   *string           `json:"user"`
	Device Device            `json:"device"`
	Prefs  map[string]string `json:"prefs"`
	Cart   map[string]int    `json:"cart"`
	Recent []string          `json:"recent"`
}

// Device est l'appareil qui a ouvert la session.
type Device struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// ErrDead dit que la session est expirée, révoquée, ou n'a jamais existé.
var ErrDead = errors.New("session morte")

const idle = 30 * time.Minute

// #region creer

// Open ouvre une session ; l'identifiant est imprévisible, car il vaut mot de passe tant qu'elle vit.
func Open(ctx context.Context, client redis.UniversalClient, session Session) (string, error) {
	id := randomText()
	text, err := json.Marshal(session)
	if err != nil {
		return "", err
	}
	return id, inOneBlock(ctx, client, func(block redis.Pipeliner) {
		block.Do(ctx, "JSON.SET", "session:"+id, "$", text)
		block.PExpire(ctx, "session:"+id, idle)
	})
}

// #endregion creer

// #region lire

// Read lit une session et repousse son échéance, en un aller-retour.
func Read(ctx context.Context, client redis.UniversalClient, id string) (*Session, error) {
	var document *redis.Cmd
	err := inOneBlock(ctx, client, func(block redis.Pipeliner) {
		document = block.Do(ctx, "JSON.GET", "session:"+id)
		block.PExpire(ctx, "session:"+id, idle)
	})
	if err != nil {
		return nil, err
	}
	return parse(document)
}

// #endregion lire

// #region panier

// AddToCart ajoute un livre au panier, sans relire la session, et rend la quantité.
func AddToCart(ctx context.Context, client redis.UniversalClient, id, book string, quantity int) (int, error) {
	return addAt(ctx, client, "session:"+id, book, quantity)
}

func addAt(ctx context.Context, client redis.UniversalClient, key, book string, quantity int) (int, error) {
	path, err := pathTo("cart", book)
	if err != nil {
		return 0, err
	}
	var total *redis.Cmd
	err = inOneBlock(ctx, client, func(block redis.Pipeliner) {
		block.Do(ctx, "JSON.SET", key, path, "0", "NX") // la ligne du panier, si elle n'existe pas encore
		total = block.Do(ctx, "JSON.NUMINCRBY", key, path, quantity)
	})
	if isDead(err) {
		return 0, ErrDead
	}
	if err != nil {
		return 0, err
	}
	return single(total)
}

// #endregion panier

// Close ferme une session.
func Close(ctx context.Context, client redis.UniversalClient, id string) error {
	return client.Unlink(ctx, "session:"+id).Err()
}

// inOneBlock exécute des commandes dans un MULTI. S'il est refusé, la cause est l'erreur de la commande refusée, non
// EXECABORT ; et une réponse vide n'est pas une erreur.
func inOneBlock(ctx context.Context, client redis.UniversalClient, fill func(block redis.Pipeliner)) error {
	commands, err := client.TxPipelined(ctx, func(block redis.Pipeliner) error {
		fill(block)
		return nil
	})
	for _, command := range commands {
		if cause := command.Err(); cause != nil && !errors.Is(cause, redis.Nil) {
			return cause
		}
	}
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

func randomText() string {
	bytes := make([]byte, 16)
	rand.Read(bytes) // ne rend jamais d'erreur : le programme s'arrête si le système n'a plus de hasard
	return base64.RawURLEncoding.EncodeToString(bytes)
}

func parse(document *redis.Cmd) (*Session, error) {
	text, err := document.Text()
	if errors.Is(err, redis.Nil) {
		return nil, ErrDead
	}
	if err != nil {
		return nil, err
	}
	var session Session
	return &session, json.Unmarshal([]byte(text), &session)
}

var plainName = regexp.MustCompile(`^[\w-]{1,64}$`)

// pathTo désigne un champ ; ce que le visiteur envoie ne doit jamais pouvoir fermer le crochet.
func pathTo(parent, name string) (string, error) {
	if !plainName.MatchString(name) {
		return "", fmt.Errorf("nom de champ invalide : %q", name)
	}
	return fmt.Sprintf(`$.%s["%s"]`, parent, name), nil
}

// single rend le seul nombre d'une réponse `[3]`, que RESP2 donne en texte et RESP3 en liste.
func single(reply *redis.Cmd) (int, error) {
	value, err := reply.Result()
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.Trim(fmt.Sprint(value), "[]"))
}

// isDead : écrire dans une session absente échoue au lieu de la recréer, et c'est ce que l'on veut.
func isDead(err error) bool {
	return err != nil && strings.Contains(err.Error(), "must be created at the root")
}
