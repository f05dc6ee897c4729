// Étape 2 : ex æquo départagés par l'arrivée, trois périodes, voisinage, amis, cumul rejouable.
// Licence MIT : usage, modification et redistribution libres avec mention de l'auteur, sans garantie.

package leaderboard

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// #region score

// Un score est un entier de 53 bits : 25 pour les points, 28 pour l'arrivée, en secondes depuis l'ouverture.
const (
	span            = 1 << 28
	MaxPoints int64 = 1<<25 - 1
)

// ErrRange dit que des points, une arrivée ou un cumul ne tiennent pas dans un score.
var ErrRange = errors.New("hors limites")

// ScoreOf fait un score : à points égaux, qui arrive plus tôt a le plus haut.
func ScoreOf(points, second int64) (float64, error) {
	if points < 0 || points > MaxPoints || second < 0 || second >= span {
		return 0, fmt.Errorf("%w : %d points, arrivée %d", ErrRange, points, second)
	}
	return float64(points*span + span - 1 - second), nil
}

// PointsOf rend les points d'un score.
func PointsOf(score float64) int64 { return int64(score) / span }

// #endregion score

// #region periodes

// Period est une période du classement.
type Period string

const (
	Day  Period = "day"
	Week Period = "week"
	All  Period = "all"
)

var periods = []Period{Day, Week, All}

// lifetimes dit combien de temps une période reste lisible après son début ; absente, toujours.
var lifetimes = map[Period]time.Duration{Day: 8 * 24 * time.Hour, Week: 35 * 24 * time.Hour}

// nameOf nomme une période à un instant, en temps universel ; une semaine porte la date de son lundi.
func nameOf(period Period, at time.Time) string {
	if period == All {
		return "all"
	}
	date := at.UTC()
	if period == Week {
		date = date.AddDate(0, 0, -int(date.Weekday()+6)%7)
	}
	return string(period) + ":" + date.Format(time.DateOnly)
}

// #endregion periodes

// Board est le classement d'un jeu.
type Board struct {
	client        redis.UniversalClient
	game          string
	opened        time.Time
	around, award *redis.Script
}

// NewBoard lit les scripts du dossier `lua-scripts`. `opened` ne change plus jamais : les arrivées se comptent depuis.
func NewBoard(client redis.UniversalClient, scripts fs.FS, game string, opened time.Time) (*Board, error) {
	board := &Board{client: client, game: game, opened: opened}
	for name, script := range map[string]**redis.Script{"around": &board.around, "award": &board.award} {
		source, err := fs.ReadFile(scripts, name+".lua")
		if err != nil {
			return nil, err
		}
		*script = redis.NewScript(string(source))
	}
	return board, nil
}

// Key est la clé d'une période ; l'accolade garde les périodes d'un jeu sur le même nœud.
func (board *Board) Key(period Period, at time.Time) string {
	return fmt.Sprintf("lb:{%s}:%s", board.game, nameOf(period, at))
}

func (board *Board) totalKey() string { return fmt.Sprintf("lb:{%s}:total", board.game) }

func (board *Board) second(at time.Time) int64 { return int64(at.Sub(board.opened).Seconds()) }

// #region soumettre

// Submit retient le meilleur score dans les trois périodes, en un aller-retour, et dit lesquelles il améliore. Rejouable.
func (board *Board) Submit(ctx context.Context, player string, points int64, at time.Time) ([]Period, error) {
	score, err := ScoreOf(points, board.second(at))
	if err != nil {
		return nil, err
	}
	best := redis.ZAddArgs{GT: true, Ch: true, Members: []redis.Z{{Score: score, Member: player}}}
	changes := make([]*redis.IntCmd, len(periods))
	commands, err := board.client.TxPipelined(ctx, func(block redis.Pipeliner) error {
		for n, period := range periods {
			changes[n] = block.ZAddArgs(ctx, board.Key(period, at), best)
		}
		for _, period := range periods {
			if lifetime, found := lifetimes[period]; found {
				block.ExpireNX(ctx, board.Key(period, at), lifetime)
			}
		}
		return nil
	})
	improved := []Period{}
	for n, period := range periods {
		if err == nil && changes[n].Val() == 1 {
			improved = append(improved, period)
		}
	}
	return improved, cause(commands, err)
}

// #endregion soumettre

// #region cumuler

// Award ajoute les points d'une partie au cumul ; la même partie, rejouée, ne compte qu'une fois.
func (board *Board) Award(ctx context.Context, player, match string, points int64, at time.Time) (int64, error) {
	if _, err := ScoreOf(points, board.second(at)); err != nil {
		return 0, err
	}
	keys := []string{board.totalKey(), fmt.Sprintf("lb:{%s}:match:%s", board.game, match)}
	total, err := board.award.Run(ctx, board.client, keys, player, points, board.second(at), 86_400).Int64()
	if errors.Is(err, redis.Nil) {
		return 0, fmt.Errorf("%w : le cumul de %s", ErrRange, player)
	}
	return total, err
}

// #endregion cumuler

// #region lire

// Page rend une page d'une période, à partir du meilleur.
func (board *Board) Page(ctx context.Context, period Period, from, count int64) ([]Line, error) {
	key := board.Key(period, time.Now())
	found, err := board.client.ZRevRangeWithScores(ctx, key, from, from+count-1).Result()
	return lines(found, from, PointsOf), err
}

// RankOf rend le rang d'un joueur ; 0 s'il n'a pas joué.
func (board *Board) RankOf(ctx context.Context, period Period, player string) (Line, error) {
	found, err := board.client.ZRevRankWithScore(ctx, board.Key(period, time.Now()), player).Result()
	if errors.Is(err, redis.Nil) {
		return Line{Player: player}, nil
	}
	return Line{found.Rank + 1, player, PointsOf(found.Score)}, err
}

// Around rend le joueur et ses voisins ; rien s'il n'a pas joué.
func (board *Board) Around(ctx context.Context, period Period, player string, radius int64) ([]Line, error) {
	reply, err := board.around.Run(ctx, board.client, []string{board.Key(period, time.Now())}, player, radius).Slice()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	first, _ := reply[0].(int64)
	return lines(pairs(reply[1]), first, PointsOf), nil
}

// #endregion lire

// #region amis

// Among classe quelques joueurs entre eux : une commande, dont le coût suit leur nombre.
func (board *Board) Among(ctx context.Context, period Period, players []string) ([]Line, error) {
	if len(players) == 0 {
		return nil, nil
	}
	args := []any{"ZMSCORE", board.Key(period, time.Now())}
	for _, player := range players {
		args = append(args, player)
	}
	// ZMScore rendrait 0 pour un absent, comme pour qui a 0 point : la réponse brute les distingue.
	scores, err := board.client.Do(ctx, args...).Slice()
	found := []redis.Z{}
	for n, score := range scores {
		if score != nil {
			found = append(found, redis.Z{Score: number(score), Member: players[n]})
		}
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].Score > found[j].Score })
	return lines(found, 0, PointsOf), err
}

// #endregion amis

// Size compte les joueurs d'une période.
func (board *Board) Size(ctx context.Context, period Period) (int64, error) {
	return board.client.ZCard(ctx, board.Key(period, time.Now())).Result()
}

// Remove retire un joueur de toutes les périodes encore lisibles : un tricheur, ou un compte fermé.
func (board *Board) Remove(ctx context.Context, player string) error {
	keys := map[string]bool{board.totalKey(): true}
	for back := range 35 {
		for _, period := range periods {
			keys[board.Key(period, time.Now().AddDate(0, 0, -back))] = true
		}
	}
	commands, err := board.client.TxPipelined(ctx, func(block redis.Pipeliner) error {
		for key := range keys {
			block.ZRem(ctx, key, player)
		}
		return nil
	})
	return cause(commands, err)
}

// cause est l'erreur de la commande refusée : un refus à l'entrée de la file (READONLY, OOM) devient EXECABORT.
func cause(commands []redis.Cmder, err error) error {
	if err == nil || !strings.HasPrefix(err.Error(), "EXECABORT") {
		return err
	}
	for _, command := range commands {
		if refused := command.Err(); refused != nil && !strings.HasPrefix(refused.Error(), "EXECABORT") {
			return refused
		}
	}
	return err
}

// pairs lit les couples d'un script : à plat (membre, score, …) ou déjà par deux, selon le protocole.
func pairs(reply any) []redis.Z {
	flat, _ := reply.([]any)
	made := []redis.Z{}
	for n := 0; n < len(flat); n++ {
		if couple, nested := flat[n].([]any); nested && len(couple) == 2 {
			made = append(made, redis.Z{Member: couple[0], Score: number(couple[1])})
		} else if n+1 < len(flat) {
			made = append(made, redis.Z{Member: flat[n], Score: number(flat[n+1])})
			n++
		}
	}
	return made
}

// number lit un score, que RESP2 rend en texte et RESP3 en nombre.
func number(score any) float64 {
	if value, isNumber := score.(float64); isNumber {
		return value
	}
	value, _ := strconv.ParseFloat(fmt.Sprint(score), 64)
	return value
}
