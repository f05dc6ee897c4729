package leaderboard

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	scripts = os.DirFS("../../lua-scripts")
	opened  = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
)

func someGame() string { return "essai-" + rand.Text() }

func newBoard(t *testing.T) *Board {
	t.Helper()
	board, err := NewBoard(modelClient(t), scripts, someGame(), opened)
	if err != nil {
		t.Fatal(err)
	}
	return board
}

func submitted(t *testing.T, board *Board, player string, points int64, at time.Time) []Period {
	t.Helper()
	improved, err := board.Submit(context.Background(), player, points, at)
	if err != nil {
		t.Fatal(err)
	}
	return improved
}

func names(lines []Line) string {
	var players []string
	for _, line := range lines {
		players = append(players, line.Player)
	}
	return strings.Join(players, " ")
}

func TestBasic(t *testing.T) {
	ctx, client, board := context.Background(), modelClient(t), someGame()
	for n, expected := range []bool{true, false, false, true} {
		if best, err := Submit(ctx, client, board, "ines", []int64{300, 200, 300, 301}[n]); err != nil || best != expected {
			t.Fatalf("submission %d: %v, %v", n, best, err)
		}
	}
	if line, err := RankOf(ctx, client, board, "ines"); err != nil || line != (Line{1, "ines", 301}) {
		t.Fatalf("%v, %v", line, err)
	}
	if line, err := RankOf(ctx, client, board, "personne"); err != nil || line.Rank != 0 {
		t.Fatalf("a stranger has a rank: %v, %v", line, err)
	}
	var games sync.WaitGroup
	for n := range int64(100) {
		games.Go(func() { Submit(ctx, client, board, "noah", n*37%101) })
	}
	games.Wait()
	if found, err := Page(ctx, client, board, 1, 10); err != nil || !reflect.DeepEqual(found, []Line{{2, "noah", 100}}) {
		t.Fatalf("%v, %v", found, err)
	}
}

func TestScoresAreExactToTheLastBit(t *testing.T) {
	for _, points := range []int64{0, 1, 4095, MaxPoints - 1, MaxPoints} {
		for _, second := range []int64{0, 1, 31_536_000, span - 1} {
			if score, err := ScoreOf(points, second); err != nil || PointsOf(score) != points || score >= 1<<53 {
				t.Fatalf("%d points at %d: %v, %v", points, second, score, err)
			}
		}
	}
	for _, wrong := range [][2]int64{{-1, 0}, {MaxPoints + 1, 0}, {0, -1}, {0, span}} {
		if _, err := ScoreOf(wrong[0], wrong[1]); !errors.Is(err, ErrRange) {
			t.Fatalf("%v was accepted", wrong)
		}
	}
}

func TestTiesByArrival(t *testing.T) {
	board, now := newBoard(t), time.Now()
	submitted(t, board, "zoe", 500, now.Add(-30*time.Second))
	submitted(t, board, "ali", 500, now.Add(-10*time.Second))
	submitted(t, board, "mia", 500, now.Add(-20*time.Second))
	if found, _ := board.Page(context.Background(), All, 0, 3); names(found) != "zoe mia ali" {
		t.Fatal(names(found))
	}
	if improved := submitted(t, board, "zoe", 500, now); len(improved) != 0 {
		t.Fatalf("the same points later improved %v", improved)
	}
}

func TestPeriods(t *testing.T) {
	ctx, board := context.Background(), newBoard(t)
	wednesday := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	if improved := submitted(t, board, "ines", 900, wednesday.AddDate(0, 0, -1)); !reflect.DeepEqual(improved, periods) {
		t.Fatal(improved)
	}
	if improved := submitted(t, board, "ines", 400, wednesday); !reflect.DeepEqual(improved, []Period{Day}) {
		t.Fatal(improved)
	}
	for date, monday := range map[int]string{23: "2026-11-23", 29: "2026-11-23", 30: "2026-11-30"} {
		if key := board.Key(Week, time.Date(2026, 11, date, 23, 0, 0, 0, time.UTC)); !strings.HasSuffix(key, monday) {
			t.Fatalf("the %d is in %s", date, key)
		}
	}
	key := board.Key(Day, wednesday)
	if ttl := board.client.TTL(ctx, key).Val(); ttl < 7*24*time.Hour {
		t.Fatalf("the day lives %v", ttl)
	}
	board.client.Expire(ctx, key, 1000*time.Second)
	submitted(t, board, "ines", 401, wednesday)
	if ttl := board.client.TTL(ctx, key).Val(); ttl > 1000*time.Second {
		t.Fatalf("a later score pushed the expiry to %v", ttl)
	}
	if ttl := board.client.TTL(ctx, board.Key(All, wednesday)).Val(); ttl >= 0 {
		t.Fatalf("all time expires in %v", ttl)
	}
}

func TestAMatchCountsOnce(t *testing.T) {
	ctx, board, now := context.Background(), newBoard(t), time.Now()
	for range 2 {
		if total, err := board.Award(ctx, "ines", "m", 30, now); err != nil || total != 30 {
			t.Fatalf("%d, %v", total, err)
		}
	}
	var games sync.WaitGroup
	for range 100 {
		games.Go(func() { board.Award(ctx, "ines", rand.Text(), 2, now) })
	}
	games.Wait()
	if total, err := board.Award(ctx, "ines", "derniere", 0, now); err != nil || total != 230 {
		t.Fatalf("%d, %v", total, err)
	}
	for range 2 {
		if _, err := board.Award(ctx, "ines", "trop", MaxPoints, now); !errors.Is(err, ErrRange) {
			t.Fatalf("a total that does not fit: %v", err)
		}
	}
}

func TestNeighboursAndFriends(t *testing.T) {
	ctx, board, now := context.Background(), newBoard(t), time.Now()
	for n, player := range []string{"a", "b", "c", "d", "e", "f"} {
		submitted(t, board, player, int64(n), now)
	}
	for player, expected := range map[string]string{"c": "e d c b a", "f": "f e d", "a": "c b a", "personne": ""} {
		if found, err := board.Around(ctx, All, player, 2); err != nil || names(found) != expected {
			t.Fatalf("around %s: %v, %v", player, found, err)
		}
	}
	if found, _ := board.Around(ctx, All, "c", 1); found[0] != (Line{3, "d", 3}) {
		t.Fatal(found)
	}
	found, err := board.Among(ctx, All, []string{"a", "absente", "e", "c"})
	if err != nil || !reflect.DeepEqual(found, []Line{{1, "e", 4}, {2, "c", 2}, {3, "a", 0}}) {
		t.Fatalf("%v, %v", found, err)
	}
	if found, err := board.Among(ctx, All, nil); err != nil || len(found) != 0 {
		t.Fatalf("%v, %v", found, err)
	}
}

func TestACheatIsNowhere(t *testing.T) {
	ctx, board := context.Background(), newBoard(t)
	submitted(t, board, "tricheur", 9000, time.Now().AddDate(0, 0, -3))
	board.Award(ctx, "tricheur", "x", 1, time.Now())
	if err := board.Remove(ctx, "tricheur"); err != nil {
		t.Fatal(err)
	}
	for _, key := range board.client.Keys(ctx, strings.TrimSuffix(board.Key(All, opened), "all")+"*").Val() {
		if board.client.Type(ctx, key).Val() == "zset" {
			t.Fatalf("%s still stands", key)
		}
	}
}

func TestFivePartsRankAsOne(t *testing.T) {
	ctx, client := context.Background(), modelClient(t)
	one, five := NewShardedBoard(client, someGame(), 1), NewShardedBoard(client, someGame(), 5)
	parts := map[string]bool{}
	for n := range int64(300) {
		player := rand.Text()
		parts[five.KeyOf(player)] = true
		one.Submit(ctx, player, n*7919%1000, 0)
		five.Submit(ctx, player, n*7919%1000, 0)
	}
	expected, _ := one.Top(ctx, 20)
	if found, err := five.Top(ctx, 20); err != nil || len(parts) != 5 || !reflect.DeepEqual(found, expected) {
		t.Fatalf("%d parts, %v, %v", len(parts), found, err)
	}
	for _, line := range expected {
		if found, err := five.RankOf(ctx, line.Player); err != nil || found != line {
			t.Fatalf("%v is ranked %v, %v", line, found, err)
		}
	}
	if line, err := five.RankOf(ctx, "personne"); err != nil || line.Rank != 0 {
		t.Fatalf("%v, %v", line, err)
	}
}
